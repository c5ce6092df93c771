"""What a chat's things look like on the wire: the same in events, the API and the rows of pages."""

from .mentions import Names as Names
from .mentions import people_in as people_in
from .mentions import preview as preview
from .mentions import with_own as with_own
from .messages import Attachment as Attachment
from .messages import MessageContext as MessageContext
from .messages import MessageData as MessageData
from .messages import MessageFields as MessageFields
from .messages import Photo as Photo
from .messages import Reaction as Reaction
from .messages import ThreadFields as ThreadFields
from .messages import dashed as dashed
from .messages import dashed_chat_id as dashed_chat_id
from .messages import iso as iso
from .messages import message_data as message_data
from .messages import message_fields as message_fields
from .messages import own_reactions as own_reactions
from .messages import reactions_shown as reactions_shown
from .messages import reply_preview as reply_preview
from .messages import thread_fields as thread_fields
from .messages import title_of as title_of
