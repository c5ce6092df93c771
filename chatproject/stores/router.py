"""Where each model lives: the `chats` and `jobs` apps in MongoDB, all else in SQL."""

from typing import Any

from django.db.models import Model


class ChatRouter:
    """Routes the models of these apps to the `chat` database, others to the default."""

    apps = ("chats", "jobs")
    alias = "chat"

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return self.alias if model._meta.app_label in self.apps else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == self.alias) == (app_label in self.apps)
