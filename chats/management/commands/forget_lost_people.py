"""`manage.py forget_lost_people`: after SQL was restored from an older backup than MongoDB."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatproject.text.counts import plural
from chats.management.lost_people import all_lost, newest_lost
from users.endings import delete_lost


class Command(BaseCommand):
    """Treat people of whom SQL has no account as those whose account was deleted."""

    help = (
        "For when SQL was restored from an older backup than MongoDB, and there is no newer one: "
        "people who have chats and no account leave their groups, as if they had deleted it. Their "
        "messages stay, without a name. A job for each does it. Reads all chats."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="only fail if there are such people among the newest; as `migrate_all` does",
        )

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        if check:
            _refuse(newest_lost())
            return
        found = 0
        for user_id in all_lost():
            delete_lost(user_id)
            found += 1
        self.stdout.write(f"{plural(found, 'lost person', 'lost people')} forgotten.")


def _refuse(lost: list[int]) -> None:
    if lost:
        raise CommandError(
            f"SQL is older than MongoDB: it has no account {lost[-1]}, which has chats. Restore a "
            "backup of SQL that isn't older than that of MongoDB (docs/deployment.md). Only if "
            "there is none: `manage.py forget_lost_people` treats such people as deleted."
        )
