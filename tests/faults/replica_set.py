"""Three real mongods as a replica set, to kill, stop, and have another primary elected."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from chatproject.development.mongodb import MongoDB
from tests.ports import free_port
from tests.waiting import wait_for

Client = pymongo.MongoClient[dict[str, Any]]

NAME = "faults"
ELECTION_TIMEOUT = 10.0  # seconds without a primary before another is elected: MongoDB's default
STEPPED_DOWN = 5  # seconds in which a member that handed over isn't elected again


class Member(MongoDB):
    """One mongod of the set: it keeps its port and its data whatever is done to it."""

    def __init__(self, folder: Path, number: int) -> None:
        super().__init__(folder / f"member-{number}")
        self.secret_file = folder / "secret"  # of all members
        self.port = free_port()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        small = {"chat": NAME, "128": "64", "0.5": "0.25"}
        command = [small.get(word, word) for word in super().command()]
        return [*command, "--setParameter", "enableTestCommands=1"]

    def client(self) -> Client:
        """A client of this member alone, primary or not."""
        options: dict[str, Any] = {"directConnection": True, "serverSelectionTimeoutMS": 1_000}
        return Client(self.url, socketTimeoutMS=3_000, **options)

    def wait_until_ready(self) -> None:
        """`start` comes back at once, so that it may be called in an event loop.

        And must: the kernel ends a member together with the thread that started it.
        """

    def hello(self) -> dict[str, Any] | None:
        """What it says of itself; None if it doesn't answer."""
        if not self.is_running():
            return None
        with self.client() as client, suppress(PyMongoError):
            return client.admin.command("hello")
        return None

    def _remembered_port(self) -> int:
        return self.port

    def kill(self) -> None:
        """SIGKILL: no goodbye to the others, nothing flushed."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, nothing is answered."""
        assert self.process
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        if self.is_running():
            assert self.process
            os.kill(self.process.pid, signal.SIGCONT)


class ReplicaSet:
    """Three members that wait `election_timeout` seconds for a primary that is gone.

    with ReplicaSet.running(folder) as replica_set:
        replica_set.url                       # for MONGODB_URI
        killed = replica_set.kill_primary()
        replica_set.wait_for_primary(15)
        killed.start()
        replica_set.wait_until_whole(30)

    What waits is to be called in a thread where an event loop runs.
    """

    def __init__(self, folder: Path, election_timeout: float = ELECTION_TIMEOUT) -> None:
        self.members = [Member(folder, number) for number in range(3)]
        self.election_timeout = election_timeout

    @classmethod
    @contextmanager
    def running(
        cls, folder: Path, election_timeout: float = ELECTION_TIMEOUT
    ) -> Iterator[ReplicaSet]:
        replica_set = cls(folder, election_timeout)
        try:
            for member in replica_set.members:
                member.start()
            replica_set._initiate()
            yield replica_set
        finally:
            replica_set.stop()

    @property
    def url(self) -> str:
        addresses = ",".join(member.address for member in self.members)
        account = f"__system:{self.members[0].secret}"
        return f"mongodb://{account}@{addresses}/?replicaSet={NAME}&authSource=local"

    def stop(self) -> None:
        """End all members, at once: what they hold is thrown away."""
        for member in self.members:
            if member.is_running():
                member.thaw()
                member.kill()
            member.stop()

    def primary(self) -> Member | None:
        """The member that takes writes now; the one of the latest election if two think so."""
        found = [(hello, member) for member in self.members if (hello := member.hello())]
        primaries = [pair for pair in found if pair[0].get("isWritablePrimary")]
        primaries.sort(key=lambda pair: pair[0]["electionId"])
        return primaries[-1][1] if primaries else None

    def wait_for_primary(self, seconds: float) -> Member:
        return wait_for(self.primary, seconds, "for a primary")

    def secondaries(self) -> list[Member]:
        """The members that aren't the primary, whatever state they are in."""
        primary = self.wait_for_primary(ELECTION_TIMEOUT)
        return [member for member in self.members if member is not primary]

    def kill_primary(self) -> Member:
        """Kill the primary; answers which it was."""
        primary = self.wait_for_primary(ELECTION_TIMEOUT)
        primary.kill()
        return primary

    def step_down(self) -> Member:
        """Let the primary hand over as for maintenance; answers which it was."""
        primary = self.wait_for_primary(ELECTION_TIMEOUT)
        command = {"replSetStepDown": STEPPED_DOWN, "secondaryCatchUpPeriodSecs": 4}
        with primary.client() as client:
            client.admin.command(command)
        return primary

    def wait_until_whole(self, seconds: float) -> None:
        """Wait until there is a primary and the others have what it has, or are 2 s behind."""
        wait_for(self._is_whole, seconds, "for a whole replica set")

    def _is_whole(self) -> bool:
        primary = self.primary()
        if primary is None:
            return False
        with primary.client() as client, suppress(PyMongoError):
            members = client.admin.command("replSetGetStatus")["members"]
            states = sorted(member["stateStr"] for member in members)
            times = [member["optime"]["ts"].time for member in members]
            return states == ["PRIMARY", "SECONDARY", "SECONDARY"] and max(times) - min(times) <= 2
        return False

    def _initiate(self) -> None:
        """Make a set of the members, and the first one its primary at once."""
        for member in self.members:
            wait_for(member.hello, 30, f"for {member.address}")
        members = [
            {"_id": number, "host": member.address} for number, member in enumerate(self.members)
        ]
        timing = {"electionTimeoutMillis": int(self.election_timeout * 1000)}
        config = {"_id": NAME, "members": members, "settings": timing}
        with self.members[0].client() as client:
            client.admin.command("replSetInitiate", config)
        wait_for(self._is_electing, 30, "for members that can vote")
        self.step_up(self.members[0])
        self.wait_until_whole(30)

    def step_up(self, member: Member) -> None:
        """Have this member elected now, not after the timeout of the others."""

        def is_elected() -> bool:
            with member.client() as client, suppress(PyMongoError):
                client.admin.command("replSetStepUp")
                return True
            return False

        wait_for(is_elected, 30, f"for {member.address} to be elected")

    def _is_electing(self) -> bool:
        states = [hello.get("secondary") for member in self.members if (hello := member.hello())]
        return states == [True] * len(self.members)
