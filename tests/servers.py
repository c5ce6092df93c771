"""One real MongoDB and one real Valkey for a whole test session."""

import os
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from chatproject.development import server as servers
from chatproject.development.mongodb import MongoDB
from chatproject.development.valkey import Valkey

from . import ports

LIMITS = (
    *("SIGN_IN", "SIGN_IN_ADDRESS", "SECOND_FACTOR", "ISSUERS", "PASSKEYS", "REGISTER"),
    *("PASSWORD_RESET", "PASSWORD_RESET_ADDRESS", "INVITATIONS", "INVITATION_CODES"),
    *("SENDS", "QUESTIONS", "QUESTIONS_DAY", "QUESTIONS_SITE", "FRAMES", "DELETIONS", "GROUPS"),
    *("REACTIONS", "UPLOADS"),
    *("PRIVATE_CHATS", "ADDITIONS", "RENAMES", "CHANGES", "SEARCHES", "PROFILE"),
    "PREVIEWS",
)

_running = ExitStack()
_starting: list[Future[None]] = []


def start() -> None:
    """Launch the servers and point the settings at them; before Django's settings are read."""
    servers.free_port = ports.free_port  # of every server that this session starts
    _clear_away()
    folder = Path(tempfile.mkdtemp(prefix=f"chat-tests-{os.getpid()}-", dir=_fast_folder()))
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="tests.settings",
        SECRET_KEY="a-key-of-the-tests-that-is-long-enough-for-hs256",
        DEBUG="1",
        CHAT_VAR_DIR=str(folder),
        DATABASE_URL=os.environ.get("DATABASE_URL") or f"sqlite:///{folder / 'unused.sqlite3'}",
        # Tests of the commands point these at servers of their own.
        AI_API_KEY="",
        UNSPLASH_ACCESS_KEY="",
        PASSWORDS_AT_ONCE="1000",
        # Counted as everywhere, but never reached by accident.
        **{f"LIMIT_{name}": "1000000/1s" for name in LIMITS},
        SOCKETS_PER_PERSON="1000000",
    )
    # Never the servers that the environment names: tests empty what they find. In that of
    # DATABASE_URL they make a database of their own.
    started = [MongoDB(folder), Valkey(folder)]
    for server in started:
        _running.callback(_end, server)
        server.launch()
        os.environ[server.variable] = server.url
    pool = _running.enter_context(ThreadPoolExecutor())
    _starting.extend(pool.submit(server.wait_until_ready) for server in started)


def _clear_away() -> None:
    """Remove what sessions have left that were killed: it may take memory."""
    for folder in Path(_fast_folder() or tempfile.gettempdir()).glob("chat-tests-*-*"):
        try:
            os.kill(int(folder.name.split("-")[2]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            pass  # not ours


def wait_until_ready() -> None:
    """Wait for what was launched; the tests are imported meanwhile."""
    for starting in _starting:
        starting.result()


def _end(server: servers.Server) -> None:
    """At once: what it holds is thrown away."""
    if server.process:
        server.process.kill()
    server.stop()


def stop() -> None:
    _running.close()


def stores_of_tests() -> dict[str, str]:
    """The environment by which another process uses the databases of the tests."""
    from django.db import connections

    name = connections["default"].settings_dict["NAME"]
    if connections["default"].vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    return {"DATABASE_URL": url, "MONGODB_NAME": connections["chat"].settings_dict["NAME"]}


def var_dir() -> Path:
    """The folder of this session's files."""
    return Path(os.environ["CHAT_VAR_DIR"])


def _fast_folder() -> str | None:
    """Memory, where there is plenty: every majority write waits for the disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**31:
        return str(memory)
    return None
