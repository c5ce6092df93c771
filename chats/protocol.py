"""Numbers and limits that the server, the browser and the documents share.

Pages hand to scripts what these need (`pages/views.py`); `tests/chats/test_protocol.py` holds the
documents to them.
"""

from __future__ import annotations

# Text, in characters. `MESSAGE_MAX_LENGTH` and `CHAT_NAME_MAX_LENGTH` are settings.
CLIENT_ID_MAX_LENGTH = 64
PREVIEW_LENGTH = 140  # of a message that a list of chats or a reply shows

# Pages.
PAGE_SIZE = 50  # messages of a page of history, unless `limit` says otherwise
READERS_SHOWN = 100  # ids of people who have read a message; `read_count` counts all

# Changes.
MOST_MISSED = 1_000  # changes that are sent one by one; whoever missed more reads the chat again
RECENT_SENDS = 32  # latest sends of a chat whose `client_id` it remembers with their numbers
SENT_AT_ONCE = 10  # messages that take their numbers together; fewer than `UNDER_WAY`
ADDED_AT_ONCE = 10  # members who are added by one update; fewer than `UNDER_WAY`
UNDER_WAY = 20  # latest numbers that may be taken and not stored yet; a client asks for these again
LATE = 200  # latest numbers for which a hub waits that starts, or starts anew
# Seconds after which a number that was taken is stored, or never will be: longer than a primary
# that has lost its majority stays one (10 s), of which a majority may have later what it wrote.
QUIET = 20

# Sockets.
FRAME_MAX_BYTES = 64 * 1024  # of a frame that a client sends

# Close codes (the private range of RFC 6455, 7.4.2, and its registry).
CLOSE_SIGNED_OUT = 4401
CLOSE_REMOVED = 4403
CLOSE_CHAT_DELETED = 4404
CLOSE_TRY_AGAIN = 1013  # a store is away, or the socket reads too slowly
CLOSE_FLOOD = 1008
