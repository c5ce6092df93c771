"""Numbers and limits that the server, the browser and the documents share.

Pages hand the scripts the values they need (`pages/views.py`); `tests/chats/test_protocol.py`
checks the documents against them.
"""

from __future__ import annotations

# Text, in characters. `MESSAGE_MAX_LENGTH` and `CHAT_NAME_MAX_LENGTH` are settings.
CLIENT_ID_MAX_LENGTH = 64
ALT_MAX_LENGTH = 500  # of what describes a file
PREVIEW_LENGTH = 140  # of a message in the chat list or in a reply

# Mentions.
MENTIONS_MAX = 50  # people whom a message mentions by name
MENTION_ALL_MEMBERS = 50  # of a chat of more members, `@all` is for those who may remove some

# Pages.
PAGE_MAX_BYTES = 1024 * 1024  # of the messages in one answer of the API, unless it is one
PAGE_SIZE = 50  # messages of a page of history, unless `limit` says otherwise
CHATS_LISTED = 100  # of the list of chats; a link shows the rest
UNREAD_MENTIONS_LISTED = 100  # numbers of unread messages that mention somebody, of a chat
MOST_UNREAD = 99  # unread messages that a chat list shows as a number
MOST_LINES = 200  # changes of a group between the messages of a page, the latest
READERS_NAMED = 3  # people who have read a message that its row names
READERS_SHOWN = 100  # ids of people who have read a message; `read_count` counts all
REACTIONS_MAX = 20  # kinds of reactions to a message
REACTORS_SHOWN = 10  # ids of people who reacted with one emoji; `count` counts all

# What a chat and a message keep.
MOST_PINS = 50  # pinned messages of a chat
MOST_FORMER_TEXTS = 100  # of a message, the latest

# Changes.
MOST_MISSED = 1_000  # changes sent one by one; a client that missed more reloads the chat

# A sender's next message within this joins the one before it, in seconds.
CONTINUED_SECONDS = 5 * 60

HUES = 12  # colours of people and chats (static/css/avatar.css), by their ids

# Sockets.
TYPING_SECONDS = 5  # after which a client forgets that somebody types
FRAME_MAX_BYTES = 64 * 1024  # of a frame from a client

# Close codes (the private range of RFC 6455, 7.4.2, and its registry).
CLOSE_SIGNED_OUT = 4401
CLOSE_REMOVED = 4403
CLOSE_CHAT_DELETED = 4404
CLOSE_TRY_AGAIN = 1013  # a store is away, or the socket reads too slowly
CLOSE_FLOOD = 1008


def for_browser() -> dict[str, int]:
    """The numbers that scripts need, as `static/js/helpers/protocol.js` names them."""
    return {
        "page_size": PAGE_SIZE,
        "preview_length": PREVIEW_LENGTH,
        "chats_listed": CHATS_LISTED,
        "most_unread": MOST_UNREAD,
        "mention_all_members": MENTION_ALL_MEMBERS,
        "readers_named": READERS_NAMED,
        "continued_seconds": CONTINUED_SECONDS,
        "hues": HUES,
        "typing_seconds": TYPING_SECONDS,
        "close_signed_out": CLOSE_SIGNED_OUT,
        "close_removed": CLOSE_REMOVED,
        "close_chat_deleted": CLOSE_CHAT_DELETED,
    }
