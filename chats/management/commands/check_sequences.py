"""`manage.py check_sequences`: holes in the numbers of messages, and rows of deleted chats."""

from __future__ import annotations

import uuid
from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand, CommandParser

from chats.actions import repair
from chats.actions.repair import Hole
from chats.models import Chat


class Command(BaseCommand):
    """Report, and on request repair, what a crash between two writes left."""

    help = (
        "Find the numbers of messages that a crash left unused, numbers that a chat doesn't know "
        "of, and rows of deleted chats. Ends with 1 when there are any, unless it repairs them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chat", type=_uuid, help="look at this chat only (a UUID)")
        parser.add_argument(
            "--fix",
            action="store_true",
            help="fill holes with tombstones, which people in the chat see at once; move the last "
            "numbers of chats up; delete what is left of deleted chats",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.fix = options["fix"]
        self.found = self.repaired = 0
        chats = 0
        for chat in _chats(options["chat"]):
            chats += 1
            self._check(chat)
        self._check_orphans(options["chat"])
        if options["chat"] and not chats and not self.found:
            raise CommandError("There is no such chat.")
        self.stdout.write(f"{chats:,} chats, {self.found:,} wrong, {self.repaired:,} repaired.")
        if self.found > self.repaired and not self.fix:
            raise CommandError("Run it with --fix to repair this.")

    def _check(self, chat: Chat) -> None:
        seq, rev = repair.unknown_numbers(chat)
        if seq or rev:
            self.found += 1
            self.stdout.write(
                f"{chat.pk}: has messages up to seq {seq or chat.last_seq} and rev "
                f"{rev or chat.last_rev}, knows of {chat.last_seq} and {chat.last_rev}."
            )
            if self.fix:
                repair.learn_numbers(chat, seq, rev)
                chat.refresh_from_db()
                self.repaired += 1
        for hole in repair.holes(chat):
            self._report(hole)

    def _report(self, hole: Hole) -> None:
        numbers = f"{hole.first}" if hole.size == 1 else f"{hole.first} to {hole.last}"
        if not hole.is_old:
            self.stdout.write(f"{hole.chat.pk}: seq {numbers} may still be on its way.")
            return
        self.found += hole.size
        self.stdout.write(f"{hole.chat.pk}: seq {numbers} is missing.")
        if self.fix:
            filled = repair.fill(hole)
            self.repaired += filled
            self.stdout.write(f"  {filled} filled with tombstones.")

    def _check_orphans(self, chat_id: uuid.UUID | None) -> None:
        for orphan in repair.orphans(chat_id):
            counts = ", ".join(f"{n:,} {name}" for name, n in repair.counts_of(orphan).items())
            self.found += 1
            self.stdout.write(f"{orphan}: deleted, but there are {counts}.")
            if self.fix:
                repair.remove_orphans([orphan])
                self.repaired += 1


def _chats(chat_id: uuid.UUID | None) -> Iterator[Chat]:
    chats = Chat.objects.defer("recent", "member_ids", "silenced_ids")
    return (chats.filter(pk=chat_id) if chat_id else chats.order_by("pk")).iterator()


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no UUID.") from None
