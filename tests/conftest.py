"""The cast and the stage of every test: people, chats, clients, real servers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
import redis
from pymongo import monitoring

from . import commands_sent, servers, shard_keys
from .capture import CapturedEvents
from .shard_keys import every_command_names_its_shard_key as every_command_names_its_shard_key

PASSWORD = "correct horse battery staple"  # of everyone in the cast

# Threads of consumers keep a connection for as long as they live, and no database goes before.
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def give_password(client: Any, code: int = 204, password: str = PASSWORD) -> None:
    """Give one's password again, over the API: the next change of the account asks for it."""
    body = json.dumps({"password": password})
    as_json = {"content_type": "application/json", "headers": {"Accept": "application/json"}}
    answer = client.post("/api/v1/auth/reauthenticate", body, **as_json)
    assert answer.status_code == code, answer.content


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--server",
        choices=["daphne", "uvicorn", "uvicorn-frames"],
        default="daphne",
        help="what runs the server processes of the tests",
    )
    parser.addoption(
        "--all-cases", action="store_true", help="also the Autobahn cases with large messages"
    )
    parser.addoption(
        "--long", action="store_true", help="fault tests with the full counts (make faults)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Servers first: the settings read their addresses from the environment."""
    if config.getoption("dist") != "no":
        return  # the tests run in workers, each with servers of its own
    servers.start()
    config.add_cleanup(servers.stop)
    commands_sent.listen()
    monitoring.register(shard_keys.ShardKeys())

    import django

    django.setup()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: their event loop runs on, and async tests need to start their own.

    Files are handed to workers in this order, so that it holds in each of them.
    """
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    servers.wait_until_ready()


# The databases -----------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Make and migrate both test databases; files of them go with the session's folder.

    Before the first test, whichever it is: to do so ends the client of MongoDB that there is,
    and a thread that had used it would keep it.
    """
    from django.db import connection
    from django.test import testcases
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)

    refuse = testcases._DatabaseFailure.__call__

    def allow_chat(self: Any) -> Any:
        """Django blocks a database that a test doesn't roll back; `clean_stores` empties ours."""
        return self.wrapped() if self.wrapped.__self__.alias == "chat" else refuse(self)

    testcases._DatabaseFailure.__call__ = allow_chat  # type: ignore[assignment, method-assign]
    yield
    if connection.vendor == "postgresql":  # it would outlive this session
        with django_db_blocker.unblock():
            with connection.cursor() as cursor:
                cursor.execute(END_OTHERS)
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def empty_stores() -> Callable[[], None]:
    """A function that deletes every document and every key of Valkey."""
    from django.apps import apps
    from django.conf import settings
    from django.db import connections

    from chatproject.stores.router import ChatRouter

    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
        settings.DATABASES["chat"]["HOST"]
    )
    valkey = redis.Redis.from_url(settings.REDIS_URLS[0])
    tables = [
        model._meta.db_table
        for app in ChatRouter.apps
        for model in apps.get_app_config(app).get_models()
    ]

    def empty() -> None:
        database = client[connections["chat"].settings_dict["NAME"]]
        for table in tables:
            database[table].delete_many({})
        valkey.flushdb()

    return empty


@pytest.fixture(autouse=True)
def clean_stores(request: pytest.FixtureRequest) -> Iterator[None]:
    """MongoDB has no test transaction: empty it after each test that may have used it."""
    fixtures = {"db", "transactional_db"}.intersection(request.fixturenames)
    if not fixtures and not request.node.get_closest_marker("django_db"):
        yield
        return
    empty = request.getfixturevalue("empty_stores")
    yield
    empty()
    from users import names

    names._kept.clear()


# The cast ----------------------------------------------------------------------------------------


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """A function that makes a user: `person("mary", "Mary", "Somerville")`."""
    from django.contrib.auth import get_user_model

    def make(username: str, first_name: str = "", last_name: str = "", **fields: Any) -> Any:
        return get_user_model().objects.create_user(
            username,
            email=f"{username}@example.org",
            password=PASSWORD,
            first_name=first_name,
            last_name=last_name,
            **fields,
        )

    return make


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    """The owner of `group`, one of the two in `private_chat`."""
    return person("ada", "Ada", "Lovelace")


@pytest.fixture
def grace(person: Callable[..., Any]) -> Any:
    """A member of `group`, the other in `private_chat`."""
    return person("grace", "Grace", "Hopper")


@pytest.fixture
def alan(person: Callable[..., Any]) -> Any:
    """A member of `group`."""
    return person("alan", "Alan", "Turing")


@pytest.fixture
def stranger(person: Callable[..., Any]) -> Any:
    """Someone who is in no chat."""
    return person("stranger", "Joan", "Clarke")


@pytest.fixture
def group(ada: Any, grace: Any, alan: Any) -> Any:
    """A group of ada (the owner), grace and alan."""
    from chats import actions

    return actions.create_group(ada, "Engines", [grace.pk, alan.pk])


@pytest.fixture
def private_chat(ada: Any, grace: Any) -> Any:
    """The private chat of ada and grace."""
    from chats import actions

    chat, _ = actions.create_private_chat(ada, grace.pk)
    return chat


# What they use -----------------------------------------------------------------------------------


@pytest.fixture
def token_of() -> Callable[[Any], str]:
    """A function: a new access token of a user, as a sign-in gives it."""
    from users.signing_in import tokens

    return lambda user: tokens.sign_in(user)["access"]


@pytest.fixture
def api(token_of: Callable[[Any], str]) -> Callable[..., Any]:
    """A function: the API client of a user (by a Bearer token), or an anonymous one of None."""
    from rest_framework.test import APIClient

    def client_of(user: Any = None) -> APIClient:
        client = APIClient()
        if user is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(user)}")
        return client

    return client_of


@pytest.fixture
def captured_events() -> Iterator[Callable[[str], CapturedEvents]]:
    """A function that starts to capture what a group of the channel layer is sent."""
    captured: list[CapturedEvents] = []

    def capture(group: str) -> CapturedEvents:
        events = CapturedEvents(group)
        events.subscribe()
        captured.append(events)
        return events

    yield capture
    for events in captured:
        events.close()


@pytest.fixture(scope="session")
def collected_static() -> Path:
    """The folder of the files that `collectstatic` makes for a deployment."""
    folder = servers.var_dir() / "collected"
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DEBUG": "0", "STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture(scope="session")
def server_name(request: pytest.FixtureRequest) -> str:
    return request.config.getoption("--server")


@pytest.fixture
def start_server(transactional_db: None, server_name: str) -> Iterator[Callable[..., Any]]:
    """A function that starts one more server process; keywords are environment variables."""
    from .server_process import ServerProcess

    started: list[ServerProcess] = []

    def start(**environment: str) -> ServerProcess:
        process = ServerProcess(server_name, environment)
        started.append(process)
        process.wait_until_ready()
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def _shared_server(django_db_setup: None, server_name: str) -> Iterator[list[Any]]:
    processes: list[Any] = []
    yield processes
    for process in processes:
        process.stop()


@pytest.fixture
def live_server_process(
    transactional_db: None,
    server_name: str,
    _shared_server: list[Any],
    request: pytest.FixtureRequest,
) -> Any:
    """A server process (`url`, `websocket_url`, `output()`), shared by the session's tests.

    Without DEBUG and with collected files, as a deployment: a page that was loaded once asks for
    no module or style again.
    """
    from .server_process import ServerProcess

    if not _shared_server or not _shared_server[-1].is_running():
        folder = request.getfixturevalue("collected_static")
        process = ServerProcess(
            server_name,
            {
                "DEBUG": "0",
                "SECURE": "0",
                "ALLOWED_HOSTS": "localhost,127.0.0.1",
                "STATIC_ROOT": str(folder),
                "REGISTRATION": "open",
            },
        )
        process.wait_until_ready()
        _shared_server.append(process)
    return _shared_server[-1]
