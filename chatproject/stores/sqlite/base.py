"""The engine `chatproject.stores.sqlite`: Django's, whose file only its owner reads and writes."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Any

from django.db.backends.sqlite3 import base

OWNERS = 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's wrapper; SQLite gives the files beside a database the mode of the database."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            make_private(conn_params["database"])
        return super().get_new_connection(conn_params)


def make_private(path: str | os.PathLike[str]) -> None:
    """Create the file if there is none, and take away what others may do with one there is.

    A file that is there is never opened: to close it would end all locks of this process on it.
    Where this can't be done, SQLite says what is wrong, or the file is somebody else's.
    """
    with suppress(OSError):
        if not os.path.exists(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNERS))
        elif os.stat(path).st_mode & OTHERS:
            os.chmod(path, OWNERS)
