from django.urls import path

from .consumers import ChatConsumer

urlpatterns: list[object] = []  # of HTTP
websocket_urlpatterns = [path("chats/<room>", ChatConsumer.as_asgi())]
