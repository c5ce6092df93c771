"""`manage.py explain_queries`: every hot query with and without the indexes."""

from __future__ import annotations

import secrets
import uuid
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, ProgrammingError, connections

from chatproject.stores.router import ChatRouter
from chatproject.text.counts import plural
from chats.explain.plans import Plan
from chats.explain.queries import HotQuery, a_chat_of, hot_queries
from chats.explain.sample import build
from chats.models import Chat
from users.models import User

MOST_BUILT = 1_000_000  # messages: about 700 MB of the server's disk


class Command(BaseCommand):
    """Show the plan and cost of every hot query."""

    help = (
        "Explain every hot query: its plan, the keys and documents that it examines, and its time "
        "in ms, with the indexes and without them (hint $natural). Writes nothing; but without "
        "indexes whole collections are read, a few times for each query: mind a busy server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chat", type=_uuid, help="explain on this chat (a UUID)")
        parser.add_argument("--user", type=int, help="explain for this member (a user's number)")
        parser.add_argument(
            "--build",
            type=_messages,
            metavar="N",
            help=f"explain on a chat of N messages (to {MOST_BUILT:,}) in a database of its own, "
            "which is dropped afterwards",
        )
        parser.add_argument(
            "--stock", action="store_true", help="also as the engine would ask without our subclass"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except (OperationalError, ProgrammingError) as error:  # of SQL: the names of people
            raise CommandError(f"Run `manage.py migrate_all` first ({error}).") from error

    def _handle(self, options: dict[str, Any]) -> None:
        if options["build"]:
            with temporary_database():
                self.stdout.write(f"Building a chat of {plural(options['build'], 'message')} ...")
                self._explain(build(options["build"]), 1, options["stock"])
            return
        chat = a_chat_of(options["user"], options["chat"])
        if chat is None:
            raise CommandError("There is no such chat. Try --build 100000.")
        if options["user"] not in (None, *chat.member_ids):
            raise CommandError("This user is no member of the chat.")
        user_id = options["user"] or (chat.member_ids or [chat.owner_id])[0]
        self._explain(chat, user_id, options["stock"])

    def _explain(self, chat: Chat, user_id: int, with_stock: bool) -> None:
        self.stdout.write(
            f"Chat {chat.pk} of {plural(chat.last_seq, 'message')}, for user {user_id}.\n\n"
            f"{'':38}{'keys':>9}{'documents':>11}{'returned':>10}{'ms':>9}  plan"
        )
        for query in hot_queries(chat, User(pk=user_id)):
            self._explain_query(query, with_stock)

    def _explain_query(self, query: HotQuery, with_stock: bool) -> None:
        self.stdout.write(f"\n{query.name}")
        stock = query.commands(stock=True) if with_stock else []
        for number, command in enumerate(query.commands()):
            self._line(f"{command.collection}", "with indexes", command.explain())
            if stock and stock[number] != command:
                self._line("", "stock engine", stock[number].explain())
            self._line("", "without", command.explain(indexes=False))

    def _line(self, collection: str, how: str, plan: Plan) -> None:
        self.stdout.write(
            f"  {collection:22}  {how:12}{plan.keys:>9,}{plan.documents:>11,}{plan.returned:>10,}"
            f"{plan.milliseconds:>9.1f}  {plan}"
        )


@contextmanager
def temporary_database() -> Iterator[None]:
    """Run the chats app on an empty, migrated database of its own, dropped at the end."""
    connection: Any = connections[ChatRouter.alias]
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = f"{name}_explain_{secrets.token_hex(4)}"
    connection.close_pool()
    try:
        call_command("migrate", database=ChatRouter.alias, verbosity=0, interactive=False)
        yield
    finally:
        connection.connection.drop_database(connection.settings_dict["NAME"])
        connection.settings_dict["NAME"] = name
        connection.close_pool()


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no UUID.") from None


def _messages(text: str) -> int:
    if not text.isdigit() or not 100 <= int(text) <= MOST_BUILT:
        raise ArgumentTypeError(f"give a number from 100 to {MOST_BUILT:,}.")
    return int(text)
