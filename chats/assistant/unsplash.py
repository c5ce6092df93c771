"""Photos from Unsplash's search, used as its API guidelines ask.

The image is loaded from Unsplash's own address, the author is named and linked, links carry
`utm_source`, and the use of a photo is reported.
https://help.unsplash.com/en/articles/2511245-unsplash-api-guidelines
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

from .providers import Provider, ProviderError, storable

PROVIDER = Provider("Unsplash", "UNSPLASH_ACCESS_KEY")
QUERY_MAX_LENGTH = 200  # characters
ALT_MAX_LENGTH = 500  # characters
HOME = "https://unsplash.com/"
REPORT_TIMEOUT = 3  # seconds


def find(query: str) -> dict[str, str]:
    """The best photo for a query: `image_url`, `alt`, `author`, `author_url`, `page_url`.

    Raises `ProviderError` if there is none or the query is over `QUERY_MAX_LENGTH` characters.
    """
    if len(query) > QUERY_MAX_LENGTH:
        raise ProviderError(
            f"Please search with at most {QUERY_MAX_LENGTH} characters.", HTTPStatus.BAD_REQUEST
        )
    found = _get(
        f"{_base_url()}/search/photos",
        timeout=settings.UNSPLASH_TIMEOUT,
        params={"query": query, "per_page": 1, "content_filter": "high"},
    )
    try:
        results = found["results"]
        if results == []:
            raise ProviderError(f"No photo found for “{query}”.", HTTPStatus.NOT_FOUND)
        photo = _photo(results[0], query)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise PROVIDER.nonsense() from None
    _report_use(results[0])
    return photo


def _base_url() -> str:
    return settings.UNSPLASH_BASE_URL.rstrip("/")


def _get(url: str, **request: Any) -> Any:
    key = PROVIDER.require_key(settings.UNSPLASH_ACCESS_KEY)
    headers = {"Authorization": f"Client-ID {key}", "Accept-Version": "v1"}
    return PROVIDER.fetch("GET", url, headers=headers, **request)


def _photo(result: dict[str, Any], query: str) -> dict[str, str]:
    image_url = result["urls"]["regular"]
    if not _is_safe(image_url):
        raise PROVIDER.nonsense()
    alt = result.get("alt_description") or result.get("description") or f"Photo for “{query}”"
    return {
        "image_url": image_url,
        "alt": storable(str(alt))[:ALT_MAX_LENGTH],
        "author": storable(str(result["user"]["name"]))[:ALT_MAX_LENGTH],
        "author_url": _attributed(result["user"]["links"]["html"]),
        "page_url": _attributed(result["links"]["html"]),
    }


def _is_safe(url: Any) -> bool:
    """Whether a page may use the URL: only HTTPS (no `javascript:`); plain HTTP in development."""
    schemes = {"https", "http"} if settings.DEBUG else {"https"}
    if not isinstance(url, str) or storable(url) != url:
        return False
    parts = urlsplit(url)
    return parts.scheme in schemes and bool(parts.hostname)


def _attributed(url: Any) -> str:
    """The link with the parameters the guidelines ask for; Unsplash's home page for a bad one."""
    parts = urlsplit(url if _is_safe(url) else HOME)
    source = {"utm_source": settings.UNSPLASH_APP_NAME, "utm_medium": "referral"}
    query = urlencode({**dict(parse_qsl(parts.query)), **source})
    return urlunsplit(parts._replace(query=query))


def _report_use(result: dict[str, Any]) -> None:
    """Report the use of the photo for its author; failure doesn't affect the answer."""
    links = result.get("links") or {}
    url = links.get("download_location")
    # Our key is sent only to the provider, wherever its answer points.
    if not isinstance(url, str) or not url.startswith(f"{_base_url()}/"):
        return
    try:
        _get(url, timeout=REPORT_TIMEOUT)
    except ProviderError:
        return  # logged where it was raised
