"""The private servers of development and tests."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pymongo
import pytest
import redis

from chatproject.development import embedded, mongodb, server
from tests.waiting import wait_for


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
