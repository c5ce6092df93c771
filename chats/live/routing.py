"""Paths of the WebSockets."""

from django.urls import path, re_path

from chatproject.sockets.handshakes import refuse

from .consumers import ChatConsumer, UserConsumer

websocket_urlpatterns = [
    re_path(r"^api/v1/users/me/?$", UserConsumer.as_asgi()),
    path("api/v1/chats/<uuid:chat_id>", ChatConsumer.as_asgi()),
    path("api/v1/chats/<uuid:chat_id>/", ChatConsumer.as_asgi()),
    re_path("", refuse),  # any other path, like an unknown user
]
