"""Where each model lives: the `chats` app in MongoDB, all else in SQL."""

from typing import Any

from django.db.models import Model


class ChatRouter:
    """Routes the models of the `chats` app to the `chat` database, others to the default."""

    app_label = "chats"
    alias = "chat"

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return self.alias if model._meta.app_label == self.app_label else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == self.alias) == (app_label == self.app_label)
