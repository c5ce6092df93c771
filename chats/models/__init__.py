"""Chats, their logs and messages, permissions and read markers: documents of MongoDB.

Users live in SQL, so relations to them are integer ids.
"""

from .attachment import Attachment as Attachment
from .chat import Chat as Chat
from .directory import Directory as Directory
from .directory import ListedGroup as ListedGroup
from .directory import Standing as Standing
from .join_request import JoinRequest as JoinRequest
from .linked_page import LinkedPage as LinkedPage
from .log import Change as Change
from .log import Head as Head
from .log import log as log
from .mentions import EVERYBODY_ID as EVERYBODY_ID
from .mentions import UnreadMentions as UnreadMentions
from .message import Message as Message
from .message import MessageRow as MessageRow
from .message import rendered as rendered
from .pair import Pair as Pair
from .permissions import ChatPermissions as ChatPermissions
from .previews import Preview as Preview
from .read_marker import ReadMarker as ReadMarker
from .unread import Unread as Unread
from .unread import read_seqs as read_seqs
from .unread import unread_of as unread_of
