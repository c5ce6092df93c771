"""The client of Unsplash's search, against a local server that speaks it."""

import copy

import pytest

from chats.assistant import unsplash
from chats.assistant.providers import ProviderError
from tests.provider_server import KEY, PHOTO, search_results

FOUND = {
    "image_url": "https://images.unsplash.com/photo-1?ixid=M3w&w=1080",
    "alt": "a grey cat on a red sofa",
    "author": "Ann Lee",
    "author_url": "https://unsplash.com/@ann?utm_source=loom&utm_medium=referral",
    "page_url": "https://unsplash.com/photos/abc123?utm_source=loom&utm_medium=referral",
}


@pytest.fixture(autouse=True)
def app_name(settings):
    settings.UNSPLASH_APP_NAME = "loom"


def refusal(query: str = "cats") -> ProviderError:
    """The error that a search ends with."""
    with pytest.raises(ProviderError) as caught:
        unsplash.find(query)
    return caught.value


def photo_with(**changes) -> dict:
    """The local photo with some of its parts changed: `urls__regular="…"`."""
    photo = copy.deepcopy(PHOTO)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = photo
        for name in parents:
            part = part[name]
        part[last] = value
    return photo


def test_a_photo_comes_with_its_author_and_attributed_links(provider):
    assert unsplash.find("cats") == FOUND


def test_the_request_names_key_version_and_query(provider):
    unsplash.find("black & white cats")

    [request] = provider.asked("/search/photos")
    assert request.headers["authorization"] == f"Client-ID {KEY}"
    assert request.headers["accept-version"] == "v1"
    assert request.query["query"] == ["black & white cats"]
    assert request.query["content_filter"] == ["high"]


def test_the_use_of_a_photo_is_reported_for_its_author(provider):
    unsplash.find("cats")

    [report] = provider.asked("/photos/abc123/download")
    assert report.headers["authorization"] == f"Client-ID {KEY}"


def test_our_key_is_not_sent_where_an_answer_points(provider):
    other = provider.url.replace("127.0.0.1", "localhost")
    links = {**PHOTO["links"], "download_location": f"{other}/photos/abc123/download"}
    provider.body = search_results(photo_with(links=links))

    assert unsplash.find("cats") == FOUND
    assert [request.path for request in provider.requests] == ["/search/photos"]


def test_a_report_that_fails_costs_no_photo(provider):
    links = {**PHOTO["links"], "download_location": f"{provider.url}/photos/gone/download"}
    found = search_results(photo_with(links=links))
    provider.answer = lambda request: (500, {}) if "download" in request.path else (200, found)

    assert unsplash.find("cats") == FOUND
    assert provider.asked("/photos/gone/download")


def test_no_result_is_told_with_the_query(provider):
    provider.body = search_results()
    error = refusal("qwertz")

    assert error.message == "No photo found for “qwertz”."
    assert error.status_code == 404


def test_too_long_a_query_is_not_sent(provider):
    assert unsplash.find("x" * unsplash.QUERY_MAX_LENGTH)
    provider.requests.clear()
    error = refusal("x" * (unsplash.QUERY_MAX_LENGTH + 1))

    assert "200 characters" in error.message
    assert provider.requests == []


def test_without_a_key_nothing_is_asked(provider, settings):
    settings.UNSPLASH_ACCESS_KEY = ""

    assert "UNSPLASH_ACCESS_KEY" in refusal().message
    assert provider.requests == []


def test_a_wrong_key_is_told_in_words(provider, settings):
    settings.UNSPLASH_ACCESS_KEY = "wrong"

    assert "didn't accept our key" in refusal().message


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (403, {}, "doesn't allow"),
        (403, {"X-Ratelimit-Remaining": "0"}, "quota"),
        (429, {}, "quota"),
        (500, {}, "has a problem"),
        (503, {}, "has a problem"),
    ],
)
def test_a_refusal_is_told_in_words(provider, status, headers, words):
    provider.status, provider.headers, provider.body = status, headers, {"errors": ["x"]}

    assert words in refusal().message


def test_a_provider_that_hangs_is_given_up_after_the_timeout(provider, settings):
    settings.UNSPLASH_TIMEOUT = 0.3
    provider.go_on.clear()

    assert refusal().status_code == 504


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        [],
        {},
        {"results": None},
        {"results": {}},
        {"results": ["photo"]},
        {"results": [{}]},
        search_results(photo_with(urls={})),
        search_results(photo_with(user=None)),
        search_results(photo_with(urls__regular="http://images.unsplash.com/plain")),
        search_results(photo_with(urls__regular="javascript:alert(1)")),
        search_results(photo_with(urls__regular="https://[")),
        search_results(photo_with(urls__regular=7)),
    ],
)
def test_nonsense_is_told_as_such(provider, body):
    provider.body = body

    assert "makes no sense" in refusal().message


def test_a_link_that_is_no_web_address_becomes_unsplashs_own(provider):
    provider.body = search_results(photo_with(user__links__html="javascript:alert(1)"))

    home = "https://unsplash.com/?utm_source=loom&utm_medium=referral"
    assert unsplash.find("cats")["author_url"] == home


@pytest.mark.parametrize(
    ("words", "alt"),
    [
        ({"alt_description": None, "description": "Tom"}, "Tom"),
        ({"alt_description": None}, "Photo for “cats”"),
    ],
)
def test_a_photo_always_has_an_alternative_text(provider, words, alt):
    provider.body = search_results(photo_with(**words))

    assert unsplash.find("cats")["alt"] == alt
