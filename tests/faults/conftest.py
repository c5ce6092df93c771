"""The stage of the fault tests: people with tokens, and clusters."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from . import figures
from .api import Person
from .cluster import Cluster

logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line a request

TOKEN_LIFETIME = 2 * 3600  # seconds; the longest test is shorter


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if figures.lines:
        terminalreporter.section("figures")
        for line in figures.lines:
            terminalreporter.write_line(line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `server` runs on the chosen one, in the long form on each."""
    if "server" in metafunc.fixturenames:
        chosen = [metafunc.config.getoption("--server")]
        every = ["daphne", "uvicorn-frames"]
        metafunc.parametrize("server", every if metafunc.config.getoption("--long") else chosen)


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether the long form runs (`--long`); counts depend on it, nothing else."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def people(person: Callable[..., Any], settings: Any) -> Callable[[int], list[Person]]:
    """A function that makes so many people with access tokens for the whole test."""
    from users.signing_in import tokens

    settings.ACCESS_TOKEN_LIFETIME = TOKEN_LIFETIME

    def make(count: int) -> list[Person]:
        users = [person(f"person{number}") for number in range(count)]
        return [Person(user.pk, user.username, tokens.sign_in(user)["access"]) for user in users]

    return make


@pytest.fixture
def crowd(transactional_db: None, people: Callable[[int], list[Person]]) -> list[Person]:
    """Six people; the last two are for being strangers, or for coming later."""
    return people(6)


@pytest.fixture
def crowd_chat(crowd: list[Person]) -> str:
    """The id of a group of the crowd."""
    from django.contrib.auth import get_user_model

    from chats import actions

    owner, *others = (person.user_id for person in crowd)
    return str(actions.create_group(get_user_model().objects.get(pk=owner), "Crowd", others).pk)


@pytest.fixture
async def start_cluster(
    transactional_db: None, server_name: str
) -> AsyncIterator[Callable[..., Any]]:
    """An async function: `await start_cluster(2, **options)` runs a cluster."""
    async with AsyncExitStack() as stack:

        async def start(processes: int = 2, *, server: str = "", **options: str) -> Cluster:
            cluster = Cluster.running(server or server_name, processes, **options)
            return await stack.enter_async_context(cluster)

        yield start
