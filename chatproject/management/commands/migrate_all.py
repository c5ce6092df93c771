"""`manage.py migrate_all`: bring SQL and MongoDB to the models."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate every database: users in SQL, chats in MongoDB."

    def handle(self, *args: Any, verbosity: int = 1, **options: Any) -> None:
        for alias in settings.DATABASES:
            call_command(
                "migrate",
                database=alias,
                verbosity=max(verbosity - 1, 0),
                interactive=False,
                skip_checks=False,
            )
        self.stdout.write("The databases are migrated.")
