"""Providers that hang hold up nobody but those who asked: on what a deployment runs."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests import provider_server
from tests.provider_server import KEY, ProviderServer
from tests.server_process import ServerProcess
from tests.waiting import wait_for

CALLS = 20  # of each of two people at once: within `LIMIT_QUESTIONS`
PAGES = 10
SECONDS = 2.0  # for a page; a provider that hangs is waited for 30


@pytest.fixture
def hanging() -> Iterator[ProviderServer]:
    """A provider that takes requests and doesn't answer."""
    with provider_server.running() as provider:
        provider.go_on.clear()
        yield provider


@pytest.fixture
def pages(transactional_db: None, hanging: ProviderServer) -> Iterator[ServerProcess]:
    """granian, as it is documented: 2 processes of 16 threads."""
    process = ServerProcess(
        "granian",
        {
            "AI_BASE_URL": hanging.url,
            "AI_API_KEY": KEY,
            "UNSPLASH_BASE_URL": hanging.url,
            "UNSPLASH_ACCESS_KEY": KEY,
            "NO_PROXY": "127.0.0.1",
        },
    )
    process.wait_until_ready()
    yield process
    hanging.go_on.set()
    process.stop()


def client_of(url: str, token: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=url, headers=headers, trust_env=False, timeout=60)


def ask(client: httpx2.Client, number: int) -> httpx2.Response:
    if number % 2:
        return client.post("/api/v1/ai/ask", json={"user_input": "Why?"})
    return client.get("/api/v1/ai/photo", params={"query": "cats"})


@pytest.mark.django_db(transaction=True)
def test_pages_stay_fast_while_two_members_ask_a_provider_that_hangs(
    pages: ServerProcess,
    hanging: ProviderServer,
    token_of: Callable[[Any], str],
    ada: Any,
    grace: Any,
    alan: Any,
) -> None:
    attackers = [client_of(pages.url, token_of(user)) for user in (ada, grace)]
    reader = client_of(pages.url, token_of(alan))
    with ThreadPoolExecutor(2 * CALLS) as threads:
        asked = [
            threads.submit(ask, client, number) for number in range(CALLS) for client in attackers
        ]
        try:
            wait_for(lambda: len(hanging.requests) >= 2, 20, "for the provider to be asked")
            for path in ("/accounts/sign-in/", "/api/v1/chats") * (PAGES // 2):
                start = time.monotonic()
                assert reader.get(path).status_code == 200
                assert time.monotonic() - start < SECONDS
            refused = [call for call in asked if call.done()]
            assert len(hanging.requests) == 2  # one of each of them
        finally:
            hanging.go_on.set()
        answers = [call.result(60) for call in asked]
    assert len(refused) == 2 * (CALLS - 1)
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [429] * len(refused)
    for call in refused:
        body = call.result().json()
        assert (body["limit"], body["retry_after"]) == ("questions_at_once", 5)
        assert call.result().headers["Retry-After"] == "5"
    for client in (*attackers, reader):
        client.close()
