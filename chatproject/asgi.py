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

    Left to the garbage collector, up to a hundred stayed open, and of SQLite's 493 files. Sockets
    share lasting threads.
    """
    connection = connections["default"]
    if connection.connection is None or connection.in_atomic_block:
        return
    if connection.vendor == "sqlite" and not _kept:
        _kept.append(_another(connection))
    connection.close()


def _another(connection: Any) -> Any:
    """Another connection to this SQLite file, for good: the last one to close writes the WAL back.

    A request would wait for that.
    """
    another = connection.get_new_connection(connection.get_connection_params())
    another.execute("SELECT count(*) FROM sqlite_master").fetchone()  # now it is open
    return another


_kept: list[Any] = []
signals.request_finished.connect(close_connection)

application = ProtocolTypeRouter(
    {
        "http": ASGIHandler(),
        "websocket": SocketAuthMiddleware(URLRouter(websocket_urlpatterns)),
    }
)
load_and_freeze()
announce_first_account()
