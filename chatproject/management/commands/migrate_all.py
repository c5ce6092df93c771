"""`manage.py migrate_all`: migrate SQL and MongoDB."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.loader import MigrationLoader


class Command(BaseCommand):
    """Migrate every database."""

    help = "Migrate every database: users in SQL, chats in MongoDB."

    def handle(self, *args: Any, verbosity: int = 1, **options: Any) -> None:
        for alias in settings.DATABASES:
            _refuse_unknown(alias)
            call_command(
                "migrate",
                database=alias,
                verbosity=max(verbosity - 1, 0),
                interactive=False,
                skip_checks=False,
            )
        call_command("forget_lost_people", check=True)
        self.stdout.write("The databases are migrated.")


def _refuse_unknown(alias: str) -> None:
    """Raise CommandError for a database with migrations that this version doesn't have."""
    loader = MigrationLoader(connections[alias])
    for app, name in loader.applied_migrations:
        if app in loader.migrated_apps and (app, name) not in loader.disk_migrations:
            raise CommandError(
                f"The database `{alias}` has data of another version ({app}.{name}): start with "
                "empty databases; `make run` makes them when var/ is moved away."
            )
