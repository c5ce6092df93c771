"""The only place that writes chats and messages and announces the changes.

A viewset, a page, the admin or a consumer finds the chat, then calls one action. An action checks
the rules, writes, and notifies the sockets, in this order. It raises `Refused`, `Invalid`, or the
`DoesNotExist` of something the user can't see.
"""

from .accounts import close_user_sockets as close_user_sockets
from .accounts import forget_user as forget_user
from .chats import create_group as create_group
from .chats import create_private_chat as create_private_chat
from .chats import delete_chat as delete_chat
from .chats import rename_chat as rename_chat
from .chats import transfer_ownership as transfer_ownership
from .members import add_members as add_members
from .members import remove_member as remove_member
from .members import set_permissions as set_permissions
from .messages import bot_typing as bot_typing
from .messages import delete_message as delete_message
from .messages import edit_message as edit_message
from .messages import mark_read as mark_read
from .messages import mark_read_together as mark_read_together
from .messages import post_bot_message as post_bot_message
from .messages import post_message as post_message
