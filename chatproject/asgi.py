"""ASGI entry point: sockets, and in the one-process default pages and API too."""

import os
from typing import Any

from django.core import signals
from django.core.asgi import get_asgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django_application = get_asgi_application()

# Imported after the apps are loaded.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from chats.live.routing import websocket_urlpatterns  # noqa: E402
from users.authentication import SocketAuthMiddleware  # noqa: E402

from .encoding import ASGIRequest  # noqa: E402
from .preload import load_and_freeze  # noqa: E402


def close_connection(**_: Any) -> None:
    """End what a request had open: its thread ends too, and nobody would use it again.

    Left to the garbage collector, a hundred were open at once. Sockets share a thread that lasts.
    """
    connection = connections["default"]
    # A file costs nothing; to close the last connection of it writes it back.
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()


signals.request_finished.connect(close_connection)
django_application.request_class = ASGIRequest

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": SocketAuthMiddleware(URLRouter(websocket_urlpatterns)),
    }
)
load_and_freeze()
