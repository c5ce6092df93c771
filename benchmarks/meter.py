"""The CPU of a running contender and of the stores, by process."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from . import processes

REPO = Path(__file__).resolve().parent.parent
# Data that is kept between runs.
FOLDER = Path(os.environ.get("BENCH_DIR") or REPO / "var" / "bench").resolve()
STORES = {"MongoDB": "mongodb", "Valkey": "valkey", "PostgreSQL": "postgresql"}  # their folders


def store(name: str) -> int:
    """The process of a store, or 0."""
    file = FOLDER / STORES[name] / "pid"
    return int(file.read_text()) if file.exists() else 0


class Server:
    """A running contender: processes, and a port of each."""

    def __init__(self, pids: Sequence[int], ports: Sequence[int], *, sql: bool = False) -> None:
        self.pids = pids
        self.ports = ports
        self.port = ports[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.stores = [name for name in STORES if sql or name != "PostgreSQL"]

    def __add__(self, other: "Server") -> "Server":
        """Both as one, whose first port is this one's."""
        return Server([*self.pids, *other.pids], [*self.ports, *other.ports])

    def memory(self) -> int:
        """Bytes in memory (RSS) of its process trees."""
        return processes.memory(processes.trees(self.pids))

    def meter(self) -> "Meter":
        """Starts to measure its CPU."""
        return Meter(self)


class Meter:
    """The CPU that a server and its stores use from now on, by process."""

    def __init__(self, server: Server) -> None:
        roots = {"server": server.pids, **{name: [store(name)] for name in server.stores}}
        self.pids = {name: processes.trees(pids) for name, pids in roots.items()}
        self.start()

    def start(self) -> None:
        """Measure from this moment on."""
        self.before, self.started, self.client = self._read(), time.monotonic(), time.process_time()

    def stop(self) -> None:
        """Measure until this moment."""
        after = self._read()
        self.seconds = time.monotonic() - self.started
        self.client_share = (time.process_time() - self.client) / self.seconds  # of one core
        self.used = {name: after[name] - self.before[name] for name in after}

    def a_second(self) -> dict[str, float]:
        """The CPU of each second, in ms."""
        return {f"{name} a second": used for name, used in self.cost(self.seconds).items()}

    def cost(self, count: float, unit: str = "ms") -> dict[str, float]:
        """The CPU of one of `count`, in all and by process; `unit` is ms or µs."""
        scale = {"ms": 1e3, "µs": 1e6}[unit] / count
        parts = {f"{name} CPU {unit}": used * scale for name, used in self.used.items()}
        return {f"total CPU {unit}": sum(parts.values()), **parts}

    def _read(self) -> dict[str, float]:
        return {name: processes.cpu(pids) for name, pids in self.pids.items()}
