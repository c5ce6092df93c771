"""CPU, memory and cores of other processes, read from outside."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


def trees(roots: Iterable[int]) -> list[int]:
    """These processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = list(roots)
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu(pids: Iterable[int]) -> float:
    """Seconds of CPU, user and system, of processes and their ended children until now."""
    return sum(_cpu(pid) for pid in pids)


def memory(pids: Iterable[int]) -> int:
    """Bytes in memory (RSS)."""
    return sum(int(fields[21]) * PAGE_SIZE for pid in pids if (fields := _stat(pid)))


def pin(pids: Iterable[int], cores: Iterable[int]) -> None:
    """Let processes, with all their threads, run on these cores only."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(ProcessLookupError):  # a thread that has just ended
                os.sched_setaffinity(int(task.name), cores)


def _cpu(pid: int) -> float:
    """By its CPU clock, to the nanosecond (clock_getcpuclockid(3)): /proc counts in 10 ms."""
    try:
        own = time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0
    return own + sum(int(number) for number in _stat(pid)[13:15]) / TICKS


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (proc(5)); none if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
