"""The app of the project itself."""

from django.apps import AppConfig


class ChatProjectConfig(AppConfig):
    """Registers the system checks of the project."""

    name = "chatproject"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers itself
