"""ASGI entry point: sockets, and in the one-process default pages and API too."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django_application = get_asgi_application()

# Imported after the apps are loaded.
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from chatproject.daphne import OnDaphne  # noqa: E402
from chats.routing import websocket_urlpatterns  # noqa: E402
from users.authentication import SocketAuthMiddleware  # noqa: E402

application = OnDaphne(
    ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": SocketAuthMiddleware(URLRouter(websocket_urlpatterns)),
        }
    )
)

# What is loaded now stays: a full collection, which stops every socket, needn't look at it again.
gc.collect()
gc.freeze()
