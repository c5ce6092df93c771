"""The API of chats, under `/api/v1/`; every path also works with a trailing slash."""

from django.urls import path

import chatproject.rest.paths  # noqa: F401 - registers `<any_uuid:…>`
import users.converters  # noqa: F401 - registers `<user_id:…>`

from .attachments import AttachmentViewSet, FileViewSet, UploadViewSet
from .chats import ChatViewSet
from .invitations import GroupInvitationViewSet
from .joining import BanViewSet, DirectoryViewSet, JoinRequestViewSet
from .lines import LineViewSet
from .link_previews import LinkPreviewViewSet
from .members import MemberViewSet
from .messages import MessageViewSet
from .pins import EditViewSet, PinViewSet
from .preview import PreviewViewSet
from .reactions import ReactionViewSet
from .threads import ThreadViewSet

# The names are the titles of the browsable API.
CHATS = ChatViewSet.as_view({"get": "list"}, name="Chats")
PRIVATE = ChatViewSet.as_view({"post": "private"}, name="Private chat")
GROUP = ChatViewSet.as_view({"post": "group"}, name="New group")
CHAT = ChatViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, name="Chat"
)
UNREAD = ChatViewSet.as_view({"post": "unread"}, name="Unread")
CLEAR = ChatViewSet.as_view({"post": "clear"}, name="Clear")
MESSAGES = MessageViewSet.as_view({"get": "list", "post": "create"}, name="Messages")
MESSAGE = MessageViewSet.as_view(
    {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}, name="Message"
)
THREAD = ThreadViewSet.as_view({"get": "list"}, name="Thread")
ATTACHMENTS = UploadViewSet.as_view({"post": "create"}, name="Upload")
ATTACHMENT = AttachmentViewSet.as_view({"get": "retrieve", "delete": "destroy"}, name="File")
ATTACHMENT_FILE = FileViewSet.as_view({"get": "file"}, name="Content")
THUMBNAIL = FileViewSet.as_view({"get": "thumbnail"}, name="Thumbnail")
READ = MessageViewSet.as_view({"post": "read"}, name="Read")
REACTIONS = ReactionViewSet.as_view({"get": "list", "post": "create"}, name="Reactions")
REACTION = ReactionViewSet.as_view({"get": "retrieve", "delete": "destroy"}, name="Reaction")
LINK_PREVIEW = LinkPreviewViewSet.as_view({"delete": "destroy"}, name="Preview of a link")
STOP = MessageViewSet.as_view({"post": "stop"}, name="Stop")
CHANGES = LineViewSet.as_view({"get": "list"}, name="Changes")
PINS = PinViewSet.as_view({"get": "list"}, name="Pins")
PIN = PinViewSet.as_view({"post": "create", "delete": "destroy"}, name="Pin")
EDITS = EditViewSet.as_view({"get": "list"}, name="Edits")
MEMBERS = MemberViewSet.as_view({"get": "list", "post": "create"}, name="Members")
MEMBER = MemberViewSet.as_view({"get": "retrieve", "delete": "destroy"}, name="Member")
PERMISSIONS = MemberViewSet.as_view(
    {"get": "permissions", "patch": "set_permissions"}, name="Permissions"
)
PREVIEW = PreviewViewSet.as_view({"post": "create"}, name="Preview of a message")
DIRECTORY = DirectoryViewSet.as_view({"get": "list"}, name="Groups to join")
LISTED_GROUP = DirectoryViewSet.as_view({"get": "retrieve"}, name="Group to join")
JOIN = DirectoryViewSet.as_view({"post": "join", "delete": "withdraw"}, name="Join a group")
JOIN_BY_INVITATION = GroupInvitationViewSet.as_view({"post": "join"}, name="Join by an invitation")
REQUESTS = JoinRequestViewSet.as_view({"get": "list"}, name="Requests to join")
REQUEST = JoinRequestViewSet.as_view({"post": "accept", "delete": "refuse"}, name="Request to join")
BANS = BanViewSet.as_view({"get": "list", "post": "create"}, name="Bans")
BAN = BanViewSet.as_view({"delete": "destroy"}, name="Ban")
INVITATIONS = GroupInvitationViewSet.as_view(
    {"get": "list", "post": "create"}, name="Invitations to a group"
)
INVITATION = GroupInvitationViewSet.as_view({"delete": "destroy"}, name="Invitation to a group")

FILE = "chats/<any_uuid:chat_id>/attachments/<any_uuid:attachment_id>"
MESSAGE_PATH = "chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>"
ROUTES = {
    # The most requested first: they are tried in this order.
    "messages": ("chats/<any_uuid:chat_id>/messages", MESSAGES),
    "chats": ("chats", CHATS),
    "chat-private": ("chats/private/<user_id:user_id>", PRIVATE),
    "chat-group": ("chats/group", GROUP),
    "preview": ("chats/preview", PREVIEW),
    "directory": ("chats/directory", DIRECTORY),
    "listed-group": ("chats/directory/<any_uuid:chat_id>", LISTED_GROUP),
    "join": ("chats/directory/<any_uuid:chat_id>/join", JOIN),
    "join-by-invitation": ("chats/join", JOIN_BY_INVITATION),
    "chat": ("chats/<any_uuid:chat_id>", CHAT),
    "unread": ("chats/<any_uuid:chat_id>/unread", UNREAD),
    "clear": ("chats/<any_uuid:chat_id>/clear", CLEAR),
    "message": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>", MESSAGE),
    "message-read": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/read", READ),
    "thread": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/thread", THREAD),
    "reactions": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/reactions", REACTIONS),
    "reaction": (
        "chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/reactions/<str:emoji>",
        REACTION,
    ),
    "link-preview": (
        f"{MESSAGE_PATH}/link-previews/<any_uuid:preview_id>",
        LINK_PREVIEW,
    ),
    "message-stop": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/stop", STOP),
    "changes": ("chats/<any_uuid:chat_id>/changes", CHANGES),
    "pins": ("chats/<any_uuid:chat_id>/pins", PINS),
    "pin": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/pin", PIN),
    "edits": ("chats/<any_uuid:chat_id>/messages/<any_uuid:message_id>/edits", EDITS),
    "attachments": ("chats/<any_uuid:chat_id>/attachments", ATTACHMENTS),
    "attachment": (FILE, ATTACHMENT),
    "attachment-file": (f"{FILE}/file", ATTACHMENT_FILE),
    "attachment-thumbnail": (f"{FILE}/thumbnail", THUMBNAIL),
    "members": ("chats/<any_uuid:chat_id>/members", MEMBERS),
    "member": ("chats/<any_uuid:chat_id>/members/<user_id:user_id>", MEMBER),
    "permissions": (
        "chats/<any_uuid:chat_id>/members/<user_id:user_id>/permissions",
        PERMISSIONS,
    ),
    "join-requests": ("chats/<any_uuid:chat_id>/requests", REQUESTS),
    "join-request": ("chats/<any_uuid:chat_id>/requests/<user_id:user_id>", REQUEST),
    "bans": ("chats/<any_uuid:chat_id>/bans", BANS),
    "ban": ("chats/<any_uuid:chat_id>/bans/<user_id:user_id>", BAN),
    "group-invitations": ("chats/<any_uuid:chat_id>/invitations", INVITATIONS),
    "group-invitation": (
        "chats/<any_uuid:chat_id>/invitations/<any_uuid:invitation_id>",
        INVITATION,
    ),
}

urlpatterns = [
    route
    for name, (pattern, view) in ROUTES.items()
    for route in (path(pattern, view, name=name), path(f"{pattern}/", view))
]
