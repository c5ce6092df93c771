"""The API of chats, under `/api/v1/`; every path also works with a trailing slash."""

from django.urls import path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from .chats import ChatViewSet
from .members import MemberViewSet
from .messages import MessageViewSet

# The names are the titles of the browsable API.
CHATS = ChatViewSet.as_view({"get": "list"}, name="Chats")
PRIVATE = ChatViewSet.as_view({"post": "private"}, name="Private chat")
GROUP = ChatViewSet.as_view({"post": "group"}, name="New group")
CHAT = ChatViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, name="Chat"
)
MESSAGES = MessageViewSet.as_view({"get": "list", "post": "create"}, name="Messages")
MESSAGE = MessageViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, name="Message"
)
READ = MessageViewSet.as_view({"post": "read"}, name="Read")
MEMBERS = MemberViewSet.as_view({"get": "list", "post": "create"}, name="Members")
MEMBER = MemberViewSet.as_view({"get": "retrieve", "delete": "destroy"}, name="Member")
PERMISSIONS = MemberViewSet.as_view(
    {"get": "permissions", "patch": "set_permissions"}, name="Permissions"
)

ROUTES = {
    # The most requested first: they are tried in this order.
    "messages": ("chats/<any_uuid:chat_id>/messages", MESSAGES),
    "chats": ("chats", CHATS),
    "chat-private": ("chats/private/<user_id:user_id>", PRIVATE),
    "chat-group": ("chats/group", GROUP),
    "chat": ("chats/<any_uuid:chat_id>", CHAT),
    "message": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>", MESSAGE),
    "message-read": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/read", READ),
    "members": ("chats/<any_uuid:chat_id>/members", MEMBERS),
    "member": ("chats/<any_uuid:chat_id>/members/<user_id:user_id>", MEMBER),
    "permissions": (
        "chats/<any_uuid:chat_id>/members/<user_id:user_id>/permissions",
        PERMISSIONS,
    ),
}

urlpatterns = [
    route
    for name, (pattern, view) in ROUTES.items()
    for route in (path(pattern, view, name=name), path(f"{pattern}/", view))
]
