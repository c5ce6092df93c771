"""`manage.py demo`: people and chats to try the project out."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chats.management import demo


class Command(BaseCommand):
    """Create the demo people and chats."""

    help = "Create demo people and chats, where they aren't there yet, and print the passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--offer",
            action="store_true",
            help="only where nobody has an account yet; asks on a terminal, unless DEMO is 1 or 0",
        )

    def handle(self, *args: Any, offer: bool, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("The demo people have known passwords: only with DEBUG=1.")
        if offer and not (demo.is_empty() and self._is_wanted()):
            return
        demo.create()
        self.stdout.write("\nDemo people (sign in with any of them):\n")
        for person in demo.PEOPLE:
            role = "  moderator: may also use /admin/" if person.is_moderator else ""
            self.stdout.write(f"  {person.username:<10} {person.password:<20}{role}")

    def _is_wanted(self) -> bool:
        if os.environ.get("DEMO"):
            return os.environ["DEMO"] != "0"
        if not sys.stdin or not sys.stdin.isatty():
            return True
        try:
            answer = input("Nobody has an account yet. Create demo people and chats? [Y/n] ")
        except (EOFError, KeyboardInterrupt):
            return False
        return answer.strip().lower() in {"", "y", "yes"}
