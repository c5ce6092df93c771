from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    """The app of accounts and sign-ins."""

    name = "users"

    def ready(self) -> None:
        from . import openapi  # noqa: F401 - registers itself
        from .moderators import make_moderators
        from .sign_ins import begin_session

        user_logged_in.connect(begin_session)
        # The last app that the group has permissions of.
        post_migrate.connect(make_moderators, sender=apps.get_app_config("chats"))
