"""The app of chats: connects what users do to accounts and sign-ins with their chats."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatsConfig(AppConfig):
    """The app of chats and messages."""

    name = "chats"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"

    def ready(self) -> None:
        from users import group_invitations, signals
        from users.moderators import make_moderators

        from .actions import Groups, accounts, blocks

        # The last app whose permissions the group has; after Django's receiver, which adds them.
        post_migrate.connect(make_moderators, sender=self)
        group_invitations.register(Groups())
        signals.account_deleted.connect(accounts.on_account_deleted)
        signals.renamed.connect(accounts.on_renamed)
        signals.activity_changed.connect(accounts.on_activity_changed)
        signals.sign_ins_ended.connect(accounts.on_sign_ins_ended)
        signals.blocks_changed.connect(blocks.on_blocks_changed)
