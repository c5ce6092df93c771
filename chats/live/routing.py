"""Paths of the WebSockets."""

from django.urls import path, re_path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
from chatproject.sockets.handshakes import refuse

from .consumers import ChatConsumer, UserConsumer

websocket_urlpatterns = [
    re_path(r"^api/v1/users/me/?$", UserConsumer.as_asgi()),
    path("api/v1/chats/<any_uuid:chat_id>", ChatConsumer.as_asgi()),
    path("api/v1/chats/<any_uuid:chat_id>/", ChatConsumer.as_asgi()),
    re_path("", refuse),  # any other path, like an unknown user
]
