"""What a chat's things look like on the wire: the same in events, the API and the rows of pages."""

from .context import MessageContext as MessageContext
from .mentions import people_in as people_in
from .mentions import preview as preview
from .mentions import with_own as with_own
from .message_data import MessageData as MessageData
from .message_data import message_data as message_data
from .message_data import own_reactions as own_reactions
from .messages import MessageFields as MessageFields
from .messages import message_fields as message_fields
from .names import Names as Names
from .names import title_of as title_of
from .parts import Attachment as Attachment
from .parts import Photo as Photo
from .parts import Reaction as Reaction
from .parts import ThreadFields as ThreadFields
from .parts import reactions_shown as reactions_shown
from .parts import reply_preview as reply_preview
from .parts import thread_fields as thread_fields
from .values import dashed as dashed
from .values import dashed_chat_id as dashed_chat_id
from .values import iso as iso
