"""The SQLite file of accounts is its owner's, whoever made it."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatproject.stores.sqlite.base import DatabaseWrapper, make_private


@pytest.fixture
def open_umask() -> Iterator[None]:
    """As of a process that lets others read its files."""
    before = os.umask(0)
    yield
    os.umask(before)


def write(path: Path) -> set[int]:
    """Write to a database; the modes of its files."""
    settings = {"NAME": str(path), "OPTIONS": {}, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0}
    wrapper = DatabaseWrapper({**settings, "TIME_ZONE": None, "CONN_HEALTH_CHECKS": False})
    connection = wrapper.get_new_connection(wrapper.get_connection_params())
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS t (secret TEXT)")
    connection.execute("INSERT INTO t VALUES ('x')")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert len(list(path.parent.iterdir())) == 3
    connection.close()
    return modes


def test_the_files_of_a_new_database_are_for_their_owner(tmp_path: Path, open_umask: None) -> None:
    assert write(tmp_path / "chat.sqlite3") == {0o600}


def test_those_of_an_old_one_are_taken_from_the_others(tmp_path: Path, open_umask: None) -> None:
    path = tmp_path / "chat.sqlite3"
    path.touch(0o666)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert write(path) == {0o600}


def test_another_connection_of_the_process_leaves_locks_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "chat.sqlite3"
    write(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode=DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    make_private(path)
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], 0).execute('BEGIN EXCLUSIVE')"
    other = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=False
    )
    assert "database is locked" in other.stderr
    holder.close()
