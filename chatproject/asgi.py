"""ASGI entry point: sockets, and also pages and API when one process serves everything."""

import os
from typing import Any

import django
from django.core import signals
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django.setup(set_prefix=False)

# These imports need the apps to be loaded.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from chats.live.routing import websocket_urlpatterns  # noqa: E402
from users.signing_in.socket_authentication import SocketAuthMiddleware  # noqa: E402

from .bodies import ASGIHandler  # noqa: E402
from .preload import announce_first_account, load_and_freeze  # noqa: E402


def close_connection(**_: Any) -> None:
    """Close a request's SQL connection: its thread ends with it, so it can't be used again.

    Left to the garbage collector, up to a hundred stayed open. Sockets share a lasting thread.
    """
    connection = connections["default"]
    # SQLite's cost no server anything, and closing the last one checkpoints the WAL.
    if connection.vendor != "sqlite" and not connection.in_atomic_block:
        connection.close()


signals.request_finished.connect(close_connection)

application = ProtocolTypeRouter(
    {
        "http": ASGIHandler(),
        "websocket": SocketAuthMiddleware(URLRouter(websocket_urlpatterns)),
    }
)
load_and_freeze()
announce_first_account()
