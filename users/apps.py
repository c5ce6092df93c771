"""The app of accounts: begins a sign-in with each session."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class UsersConfig(AppConfig):
    """The app of accounts and sign-ins."""

    name = "users"

    def ready(self) -> None:
        from .signing_in.sign_ins import begin_session

        user_logged_in.connect(begin_session)
