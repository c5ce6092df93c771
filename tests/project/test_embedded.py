"""The private servers of development and tests."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymongo
import pytest
import redis
from pymongo.errors import OperationFailure

from chatproject.development import embedded, mongodb, server
from tests.waiting import wait_for

DIRECT = "directConnection=true&serverSelectionTimeoutMS=2000"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_documents_outlive_a_restart_on_another_port(folder: Path) -> None:
    with embedded.servers(folder, given={}) as urls:
        pymongo.MongoClient(urls["MONGODB_URI"]).chat.kept.insert_one({"_id": 1})
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()
    (folder / "mongodb" / "port").write_text(str(server.free_port()))

    with embedded.servers(folder, given={}) as moved:
        assert moved["MONGODB_URI"] != urls["MONGODB_URI"]
        assert moved["REDIS_URL"] == urls["REDIS_URL"]
        assert pymongo.MongoClient(moved["MONGODB_URI"]).chat.kept.count_documents({}) == 1


def test_mongod_compresses_nothing(folder: Path) -> None:
    with embedded.servers(folder, given={}) as urls:
        client = pymongo.MongoClient[Any](urls["MONGODB_URI"], compressors="zlib")
        options = client.admin.command("getCmdLineOpts")["parsed"]
        hello = client.admin.command("hello", compression=["zlib", "snappy", "zstd"])
    assert options["net"]["compression"] == {"compressors": "disabled"}
    assert not hello.get("compression")


def test_the_servers_answer_to_their_owner_alone(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        with embedded.servers(folder, given={}) as urls:
            mongodb_port, valkey_port = (urlsplit(url).port for url in urls.values())
            anonymous = pymongo.MongoClient[Any](f"mongodb://127.0.0.1:{mongodb_port}/?{DIRECT}")
            for ask in (
                anonymous.list_database_names,
                lambda: anonymous.chat.kept.insert_one({}),
                lambda: anonymous.admin.command("createUser", "me", pwd="x", roles=["root"]),
            ):
                with pytest.raises(OperationFailure, match=r"requires auth|authorized"):
                    ask()
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=valkey_port).ping()
            _nothing_is_for_others(folder)
            passwords = {urlsplit(url).password for url in urls.values()}
            assert len(passwords) == 2
            assert min(len(password or "") for password in passwords) >= 32
            pids = [(folder / name / "pid").read_text() for name in ("mongodb", "valkey")]
            commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]
            assert not any(str(password) in "".join(commands) for password in passwords)
    finally:
        os.umask(before)


def test_servers_that_were_open_before_are_closed(folder: Path) -> None:
    """A folder of an earlier version has data, and no password."""
    with embedded.servers(folder, given={"REDIS_URL": "not needed"}) as urls:
        pymongo.MongoClient[Any](urls["MONGODB_URI"]).chat.kept.insert_one({"_id": 1})
    (folder / "mongodb" / "secret").unlink()
    (folder / "mongodb").chmod(0o755)
    with embedded.servers(folder, given={"REDIS_URL": "not needed"}) as renewed:
        assert renewed != urls
        assert pymongo.MongoClient[Any](renewed["MONGODB_URI"]).chat.kept.find_one() == {"_id": 1}
        _nothing_is_for_others(folder)


def _nothing_is_for_others(folder: Path) -> None:
    """Whoever isn't the owner can't enter the folders of the servers, nor read their secrets."""
    for name in {"mongodb", "valkey"} & {path.name for path in folder.iterdir()}:
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / name / "secret").stat().st_mode) == 0o600


def test_a_second_start_on_the_same_folder_is_refused_and_can_use_the_first(folder: Path) -> None:
    with embedded.servers(folder, given={}) as urls:
        with (
            pytest.raises(embedded.AlreadyRunning, match=f"Process {os.getpid()} already runs"),
            embedded.servers(folder, given={}),
        ):
            pass
        assert embedded.urls_of_running(folder, given={}) == urls


def test_servers_end_with_a_killed_parent_and_start_again(folder: Path) -> None:
    script = (
        "import pathlib, sys, time\n"
        "from chatproject.development import embedded\n"
        "with embedded.servers(pathlib.Path(sys.argv[1]), given={}):\n"
        "    print('started', flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, folder], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    pids = [int((folder / name / "pid").read_text()) for name in ("mongodb", "valkey")]
    assert all(_is_alive(pid) for pid in pids)

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not any(_is_alive(pid) for pid in pids), 20)

    with embedded.servers(folder, given={}) as urls:
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()


def test_a_server_of_the_environment_is_not_started(folder: Path) -> None:
    given = {"MONGODB_URI": "mongodb://elsewhere", "REDIS_URL": "redis://elsewhere"}
    with embedded.servers(folder, given=given) as urls:
        assert urls == {}
    assert not folder.exists()


def test_a_platform_without_the_wheel_is_told_what_to_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(server.Unavailable, match="set MONGODB_URI") as refused,
        embedded.servers(folder, given={}),
    ):
        pass
    assert "\n" not in str(refused.value)


def test_a_machine_without_libcurl_gets_it_from_a_wheel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongodb, "_can_load", lambda library: False)
    with embedded.servers(folder, given={"REDIS_URL": "not needed"}) as urls:
        assert (folder / "mongodb" / "lib" / "libcurl.so.4").exists()
        assert pymongo.MongoClient(urls["MONGODB_URI"]).admin.command("ping")["ok"] == 1


def _is_alive(pid: int) -> bool:
    """A process that has ended but isn't reaped yet (a zombie) counts as gone."""
    try:
        return b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()
    except FileNotFoundError:
        return False
