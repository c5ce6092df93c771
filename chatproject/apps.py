from django.apps import AppConfig


class ChatProjectConfig(AppConfig):
    """The app of the project itself; registers its system checks."""

    name = "chatproject"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers itself
