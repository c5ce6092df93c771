"""HTTP to issuers, in the form of requests' sessions, which allauth asks for.

Each call ends in `SOCIALACCOUNT_REQUESTS_TIMEOUT` seconds in all, however slowly an issuer answers,
and follows no redirect: it occupies a thread of pages.
"""

from __future__ import annotations

from typing import Any

import jwt
import requests
from django.conf import settings

from chatproject import calls


class IssuerCalls:
    """Asks issuers; what goes wrong is a `requests.RequestException`."""

    def __enter__(self) -> IssuerCalls:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is kept open."""

    def get(self, url: str, **request: Any) -> Any:
        """The successful response to GET."""
        return self.request("GET", url, **request)

    def request(self, method: str, url: str, *, auth: Any = None, **request: Any) -> Any:
        """The successful response; `auth` is requests' `HTTPBasicAuth`, or None."""
        import httpx2

        if auth is not None:
            request["auth"] = (auth.username, auth.password)
        seconds = settings.SOCIALACCOUNT_REQUESTS_TIMEOUT
        try:
            response = calls.response(method, url, seconds, **request)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise requests.RequestException(f"{url}: {type(error).__name__}") from None
        if not response.is_success:
            raise requests.RequestException(f"{url}: HTTP {response.status_code}")
        response.request = httpx2.Request(method, url)  # for `raise_for_status`
        return response


class Keys(jwt.PyJWKClient):
    """The keys of an issuer."""

    def fetch_data(self) -> Any:
        data = IssuerCalls().get(self.uri).json()
        if self.jwk_set_cache is not None:
            self.jwk_set_cache.put(data)
        return data
