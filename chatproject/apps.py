from django.apps import AppConfig


class ChatProjectConfig(AppConfig):
    name = "chatproject"

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers itself
