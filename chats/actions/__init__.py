"""The only place that writes chats and messages and announces the changes.

A viewset, a page, the admin or a consumer finds the chat, then calls one action. An action checks
the rules, writes, and notifies the sockets, in this order. It raises `Refused`, `Invalid`, or the
`DoesNotExist` of something the user can't see.
"""

from .accounts import close_user_sockets as close_user_sockets
from .accounts import forget_user as forget_user
from .bans import ban as ban
from .bans import bans_of as bans_of
from .bans import lift_ban as lift_ban
from .chats import change_access as change_access
from .chats import delete_chat as delete_chat
from .chats import make_private as make_private
from .chats import rename_chat as rename_chat
from .chats import transfer_ownership as transfer_ownership
from .clearing import clear_chat as clear_chat
from .edits import FormerText as FormerText
from .edits import former_texts as former_texts
from .invitations import Groups as Groups
from .invitations import group_invitations_of as group_invitations_of
from .invitations import make_invitation as make_invitation
from .invitations import may_invite as may_invite
from .invitations import revoke_invitation as revoke_invitation
from .join_requests import accept_request as accept_request
from .join_requests import join_requests_of as join_requests_of
from .join_requests import refuse_request as refuse_request
from .joining import join_by_invitation as join_by_invitation
from .joining import join_group as join_group
from .joining import withdraw_request as withdraw_request
from .link_previews import remove_link_preview as remove_link_preview
from .members import add_members as add_members
from .members import remove_member as remove_member
from .members import set_permissions as set_permissions
from .message_changes import delete_message as delete_message
from .message_changes import edit_message as edit_message
from .messages import bot_typing as bot_typing
from .messages import post_bot_message as post_bot_message
from .messages import post_message as post_message
from .new_chats import create_group as create_group
from .new_chats import create_private_chat as create_private_chat
from .pins import pin_message as pin_message
from .pins import unpin_message as unpin_message
from .previews import preview_message as preview_message
from .reactions import add_reaction as add_reaction
from .reactions import remove_reaction as remove_reaction
from .reading import mark_read as mark_read
from .reading import mark_read_together as mark_read_together
from .reading import mark_unread as mark_unread
from .streaming import finish_message as finish_message
from .streaming import grow_message as grow_message
from .streaming import stop_message as stop_message
from .uploads import Upload as Upload
from .uploads import upload as upload
from .uploads import withdraw_upload as withdraw_upload
