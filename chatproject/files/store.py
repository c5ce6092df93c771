"""Where files lie: Django's storage "attachments", a folder or a bucket, written in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import Storage, storages

PIECE = 64 * 1024  # bytes


class Cut(Exception):
    """What is stored ended before its length, or its sender went away."""


class Away(Exception):
    """The storage took no file: its disk is full, or it can't be reached."""


class Incoming(File):
    """Bytes that come in, as a file that is read once; at most `size` of them are read."""

    def __init__(self, read: Callable[[int], bytes], size: int) -> None:
        super().__init__(None)
        self._read, self._left, self._buffer = read, size, b""
        self.size = size

    def peek(self, count: int) -> bytes:
        """The first bytes, which are still to be read."""
        while len(self._buffer) < min(count, self.size):
            self._buffer += self._next(PIECE)
        return self._buffer[:count]

    def read(self, count: int = -1) -> bytes:
        """The next bytes, as many as there are; b"" at the end.

        Raises `Cut` if there are less than there should be.
        """
        count = self.size if count < 0 else count
        parts = [self._buffer[:count]]
        self._buffer = self._buffer[count:]
        missing = count - len(parts[0])
        while missing and self._left:
            parts.append(self._next(min(missing, PIECE)))
            missing -= len(parts[-1])
        return b"".join(parts)

    def _next(self, count: int) -> bytes:
        try:
            piece = self._read(min(count, self._left))
        except OSError as error:
            raise Cut from error
        if not piece:
            raise Cut
        self._left -= len(piece)
        return piece

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The bytes in pieces."""
        while piece := self.read(chunk_size or PIECE):
            yield piece

    def seek(self, offset: int, whence: int = 0) -> int:
        """Nowhere but to the start, before anything was read: storages do so to be sure."""
        if offset or whence or self._left + len(self._buffer) < self.size:
            raise OSError("This is read once.")
        return 0

    def seekable(self) -> bool:
        """False: a storage must not look for its end."""
        return False

    def readable(self) -> bool:
        """True."""
        return True

    def close(self) -> None:
        """Do nothing: whose bytes they are closes what they come from."""

    def __bool__(self) -> bool:
        return True


def files() -> Storage:
    """The storage of attachments."""
    return storages["attachments"]


def save(key: str, content: File) -> None:
    """Store a file under a key that no other has; what an earlier try left there is replaced.

    Raises `Cut` if the content is, `Away` if it can't be stored now.
    """
    try:
        remove(key)
        name = files().save(key, content)
    except Cut:
        raise
    except Exception as error:
        raise Away(type(error).__name__) from error
    if name != key:
        files().delete(name)
        raise Away(f"{key} is taken.")


def save_local(key: str, path: Path) -> None:
    """Store a local file."""
    with path.open("rb") as source:
        save(key, File(source))


def fetch(key: str, path: Path) -> None:
    """Copy a stored file to a local one; raises `FileNotFoundError` if there is none."""
    with files().open(key) as source, path.open("wb") as target:
        for piece in iter(lambda: source.read(PIECE), b""):
            target.write(piece)


def remove(*keys: str) -> None:
    """Delete files, those that there are."""
    for key in keys:
        files().delete(key)


def pieces(source: IO[Any], count: int) -> Iterator[bytes]:
    """The next `count` bytes of a file, in pieces; closes it."""
    with source:
        while count and (piece := source.read(min(count, PIECE))):
            count -= len(piece)
            yield piece
