"""Waits until the source may have changed or a child process has ended, without looking for it."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from contextlib import suppress
from types import TracebackType

# inotify(7): IN_ATTRIB, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE.
EVENTS = 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200
RARELY = 10.0  # seconds: some mounts, as those of virtual machines, tell nothing
OFTEN = 1.0  # where there is no inotify


class Changes:
    """Tells when it is worth looking: by inotify on Linux, by the clock elsewhere.

    For the main thread. Signals that have a handler, and the ends of children, end a wait.
    """

    def __init__(self) -> None:
        self._inotify = _open_inotify()
        self._signals, self._signal = os.pipe()
        for end in (self._signals, self._signal):
            os.set_blocking(end, False)

    def __enter__(self) -> Changes:
        # Its handler does nothing, but without one the signal would wake nobody.
        self._handler = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wakeup = signal.set_wakeup_fd(self._signal, warn_on_full_buffer=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        signal.signal(signal.SIGCHLD, self._handler)
        for descriptor in (*self._descriptors(), self._signal):
            os.close(descriptor)

    def watch(self, folder: str) -> None:
        """Tell of changes in this folder from here on; may be called again."""
        if self._inotify is not None and not _add_watch(self._inotify, folder):
            os.close(self._inotify)
            self._inotify = None

    def wait(self) -> None:
        """Return when something has happened, or when it is time to look anyway."""
        seconds = OFTEN if self._inotify is None else RARELY
        for descriptor in select.select(self._descriptors(), (), (), seconds)[0]:
            with suppress(BlockingIOError):
                os.read(descriptor, 1 << 16)

    def _descriptors(self) -> list[int]:
        return [self._signals] if self._inotify is None else [self._signals, self._inotify]


if sys.platform == "linux":
    _libc = ctypes.CDLL(None)

    def _open_inotify() -> int | None:
        descriptor: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        return None if descriptor < 0 else descriptor

    def _add_watch(inotify: int, folder: str) -> bool:
        return bool(_libc.inotify_add_watch(inotify, os.fsencode(folder), EVENTS) >= 0)

else:

    def _open_inotify() -> int | None:
        return None

    def _add_watch(inotify: int, folder: str) -> bool:
        return False
