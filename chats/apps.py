from django.apps import AppConfig


class ChatsConfig(AppConfig):
    """The app of chats and messages."""

    name = "chats"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        from users import signals

        from .actions import accounts

        signals.account_deleted.connect(accounts.on_account_deleted)
        signals.sign_ins_ended.connect(accounts.on_sign_ins_ended)
