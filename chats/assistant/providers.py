"""HTTP to the providers behind @ai and @photo; every failure is one kind of error."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chatproject import calls

if TYPE_CHECKING:
    import httpx2

logger = logging.getLogger(__name__)


class ProviderError(Exception):
    """There is no answer; the message is for the person who asked.

    `status_code` is the one of our own API: 404 nothing found, 502 the provider failed, 503 not
    set up, busy or unreachable, 504 too slow.
    """

    def __init__(self, message: str, status_code: int = HTTPStatus.BAD_GATEWAY) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code


@dataclass(frozen=True)
class Provider:
    """A provider: the name shown to people, and the setting that holds its key."""

    name: str
    key_setting: str

    def require_key(self, key: str) -> str:
        """The key, stripped; raises `ProviderError` if there is none."""
        if key.strip():
            return key.strip()
        raise ProviderError(
            f"{self.name} isn't set up here: an administrator must set {self.key_setting}.",
            HTTPStatus.SERVICE_UNAVAILABLE,
        )

    def fetch(self, method: str, url: str, *, timeout: float, **request: Any) -> Any:
        """The JSON response to a request, within `timeout` seconds in all, or `ProviderError`."""
        with self._explained(timeout):
            response = calls.response(method, url, timeout, **request)
        self._refuse_error(response)
        return self.json(response.content)

    def lines(
        self, method: str, url: str, *, timeout: float, **request: Any
    ) -> Generator[str, None, None]:
        """The lines of a response as they come; the same errors as `fetch`, also in the middle."""
        with self._explained(timeout):
            try:
                with closing(calls.lines(method, url, timeout, **request)) as lines:
                    yield from lines
            except calls.NotOK as refusal:
                self._refuse_error(refusal.response)

    @contextmanager
    def _explained(self, timeout: float) -> Iterator[None]:
        """Turn failures of a call into `ProviderError`."""
        import httpx2

        try:
            yield
        except (TimeoutError, httpx2.TimeoutException):
            raise ProviderError(
                f"{self.name} didn't answer within {timeout:g} seconds. Please try again later.",
                HTTPStatus.GATEWAY_TIMEOUT,
            ) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            # Without the error's text, which may contain the key (a header that can't be sent).
            logger.warning("%s: %s", self.name, type(error).__name__)
            raise ProviderError(
                f"{self.name} can't be reached. Please try again later.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            ) from None

    def nonsense(self) -> ProviderError:
        """The error for an answer of the wrong shape."""
        return ProviderError(f"{self.name} sent an answer that makes no sense to this chat.")

    def _refuse_error(self, response: httpx2.Response) -> None:
        status = response.status_code
        if status == HTTPStatus.OK:
            return
        logger.warning("%s: HTTP %s", self.name, status)
        # Unsplash says 403 when its hourly limit is used up.
        if status == 429 or (
            status == 403 and response.headers.get("x-ratelimit-remaining") == "0"
        ):
            raise ProviderError(
                f"{self.name} is busy or our quota is used up. Please try again later.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        raise ProviderError(self._explanation(status))

    def _explanation(self, status: int) -> str:
        if status == 401:
            return f"{self.name} didn't accept our key: an administrator must check it."
        if status == 403:
            return f"{self.name} doesn't allow this with our key: an administrator must check it."
        if status >= 500:
            return f"{self.name} has a problem (HTTP {status}). Please try again later."
        return f"{self.name} refused the request (HTTP {status})."

    def json(self, content: str | bytes) -> Any:
        """What JSON from the provider says; raises `ProviderError` if it is none."""
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise self.nonsense() from None


def storable(text: str) -> str:
    """The text without what MongoDB and JSON can't carry: NUL and lone surrogates."""
    return "".join(char for char in text if char != "\x00" and not "\ud800" <= char <= "\udfff")
