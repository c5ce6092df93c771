"""What a server process has loaded before it answers."""

import subprocess
import sys
from importlib import import_module

import pytest
from django.conf import settings

NEEDED = ("chatproject.stores.mongodb.base", "chats.pages.views", "chats.api.chats")
OF_DAPHNE = ("twisted", "autobahn", "daphne")


def loaded_by(module: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these modules a process has loaded that has imported `module`."""
    code = f"import {module}, sys; print(*[name for name in {names} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return tuple(done.stdout.split())


@pytest.mark.parametrize("entry", ["asgi", "wsgi"])
def test_no_request_waits_for_engines_and_views_to_be_loaded(entry: str) -> None:
    assert loaded_by(f"chatproject.{entry}", NEEDED) == NEEDED


def test_only_the_command_of_daphne_loads_daphne_and_twisted() -> None:
    assert loaded_by("chatproject.sockets.daphne", OF_DAPHNE) == OF_DAPHNE
    for entry in ("asgi", "wsgi"):
        assert loaded_by(f"chatproject.{entry}", OF_DAPHNE) == ()


def test_a_worker_loads_only_what_it_needs_to_look_for_jobs() -> None:
    """The views would take 20 MiB, the servers 10, and httpx2, which comes with a question, 5."""
    views = ("chatproject.urls", "chats.api.chats", "chats.pages.views", "drf_spectacular.plumbing")
    command = "chatproject.jobs.management.commands.run_jobs"
    start = f"django; django.setup(); from {command} import kinds; kinds(); import gc"
    jobs = ("chats.assistant.questions", "users.emails")
    assert loaded_by(start, (*jobs, *views, *OF_DAPHNE, "uvicorn", "httpx2", "jinja2")) == jobs
    assert not import_module(command).Command.requires_system_checks


def test_what_runs_the_processes_of_development_loads_neither_django_nor_clients() -> None:
    clients = ("django", "pymongo", "redis", "httpx2", "ssl", "asyncio")
    assert loaded_by("chatproject.development.dev", ("ctypes", *clients)) == ("ctypes",)
