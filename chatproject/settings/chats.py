"""Chats and messages, files, the assistant, link previews, and the jobs of workers."""

import os

from django.core.exceptions import ImproperlyConfigured

from chatproject.environment import env_bool, env_int

MESSAGE_MAX_LENGTH = env_int("MESSAGE_MAX_LENGTH", 10_000)  # characters, 1 to 40,000
if not 1 <= MESSAGE_MAX_LENGTH <= 40_000:
    # 100 messages at 4 bytes a character must fit in one MongoDB reply, 16 MiB at most.
    raise ImproperlyConfigured("MESSAGE_MAX_LENGTH must be 1 to 40000 characters.")
CHAT_NAME_MAX_LENGTH = env_int("CHAT_NAME_MAX_LENGTH", 100)  # characters
CHAT_MAX_MEMBERS = env_int("CHAT_MAX_MEMBERS", 1_000)
# Bytes of a body, by any server and of any kind. A character is at most 12 in JSON or a form.
BODY_MAX_SIZE = env_int("BODY_MAX_SIZE", max(256 * 1024, 12 * MESSAGE_MAX_LENGTH + 4096))
if BODY_MAX_SIZE < 12 * MESSAGE_MAX_LENGTH + 4096:
    raise ImproperlyConfigured("BODY_MAX_SIZE must be 4096 and 12 for each of MESSAGE_MAX_LENGTH.")
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_SIZE
# A form has a field for each person that is picked.
DATA_UPLOAD_MAX_NUMBER_FIELDS = max(1_000, CHAT_MAX_MEMBERS + 100)
ATTACHMENT_MAX_SIZE = env_int("ATTACHMENT_MAX_SIZE", 100 * 1024 * 1024)  # bytes of a file
if ATTACHMENT_MAX_SIZE < BODY_MAX_SIZE:
    raise ImproperlyConfigured("ATTACHMENT_MAX_SIZE must be BODY_MAX_SIZE or more.")
ATTACHMENTS_PER_MESSAGE = env_int("ATTACHMENTS_PER_MESSAGE", 10)
if not 0 <= ATTACHMENTS_PER_MESSAGE <= 50:
    raise ImproperlyConfigured("ATTACHMENTS_PER_MESSAGE must be 0 to 50; 0 turns files off.")
# Bytes of all files of a person, those in their messages and those not sent yet.
ATTACHMENTS_PER_PERSON = env_int("ATTACHMENTS_PER_PERSON", 5 * 1024**3)
IMAGE_MAX_PIXELS = env_int("IMAGE_MAX_PIXELS", 50_000_000)  # of an image; more are refused
if not 1 <= IMAGE_MAX_PIXELS <= 200_000_000:
    raise ImproperlyConfigured("IMAGE_MAX_PIXELS must be 1 to 200000000.")
# Uploads under way in a web process, each in a thread: of a person, and of all.
UPLOADS_AT_ONCE = env_int("UPLOADS_AT_ONCE", 2)
UPLOADS_IN_ALL = env_int("UPLOADS_IN_ALL", 4)
if not 1 <= UPLOADS_AT_ONCE <= UPLOADS_IN_ALL:
    raise ImproperlyConfigured("UPLOADS_AT_ONCE must be 1 to UPLOADS_IN_ALL.")
SOCKETS_PER_PERSON = env_int("SOCKETS_PER_PERSON", 100)  # in all processes together
if SOCKETS_PER_PERSON < 2:
    raise ImproperlyConfigured("SOCKETS_PER_PERSON must be 2 or more: a page opens two.")
PRESENCE_LEASE = env_int("PRESENCE_LEASE", 45)  # seconds for which a dead process seems alive

AI_BASE_URL = os.environ.get("AI_BASE_URL", "https://api.openai.com/v1")
AI_API_KEY = os.environ.get("AI_API_KEY", "")
AI_MODEL = os.environ.get("AI_MODEL", "gpt-4o-mini")
AI_SYSTEM_PROMPT = os.environ.get(
    "AI_SYSTEM_PROMPT", "You are a helpful member of a group chat. Answer briefly, in plain text."
)
AI_TIMEOUT = env_int("AI_TIMEOUT", 30)  # seconds
# Messages of a chat that are sent with a question, where the owner lets them be; 0: never.
AI_HISTORY = env_int("AI_HISTORY", 20)
if not 0 <= AI_HISTORY <= 100:
    raise ImproperlyConfigured("AI_HISTORY must be 0 to 100 messages.")
AI_MAX_TOKENS = env_int("AI_MAX_TOKENS", 1_000)  # of one answer
if not 1 <= AI_MAX_TOKENS <= 1_000_000:
    raise ImproperlyConfigured("AI_MAX_TOKENS must be 1 to 1000000.")
UNSPLASH_BASE_URL = os.environ.get("UNSPLASH_BASE_URL", "https://api.unsplash.com")
UNSPLASH_ACCESS_KEY = os.environ.get("UNSPLASH_ACCESS_KEY", "")
UNSPLASH_TIMEOUT = env_int("UNSPLASH_TIMEOUT", 10)  # seconds
UNSPLASH_APP_NAME = os.environ.get("UNSPLASH_APP_NAME", "chat")  # as registered at Unsplash
# Calls of ai/ask and ai/photo that a web process makes at once; each occupies a thread.
PROVIDER_CALLS = env_int("PROVIDER_CALLS", 4)
if PROVIDER_CALLS < 1:
    raise ImproperlyConfigured("PROVIDER_CALLS must be 1 or more.")

# Workers fetch what links in messages lead to, and show its title and image below the message.
LINK_PREVIEWS = env_bool("LINK_PREVIEWS", True)
# Addresses that are fetched from though they aren't public, as ("127.0.0.1", 8000): of tests alone.
LINK_PREVIEWS_TEST_SERVERS: frozenset[tuple[str, int]] = frozenset()

# What `run_jobs` runs (chatproject/jobs/kinds.py).
JOB_KINDS = (
    "chats.actions.deleted_chats.DELETED_CHAT",
    "chats.actions.link_previews.LINK_PREVIEW",
    "chats.actions.pictures.PICTURE",
    "chats.actions.removed_files.REMOVED_FILES",
    "chats.assistant.questions.QUESTION",
    "users.emails.CONFIRM_MAIL",
    "users.emails.NOTICE_MAIL",
    "users.endings.ACTIVITY",
    "users.endings.DELETED_ACCOUNT",
    "users.signing_in.places.NEW_PLACE_MAIL",
    "users.registration.SIGN_UP_MAIL",
    "users.resets.RESET_MAIL",
)
# Seconds after which the jobs of a worker that died are taken by another.
JOB_LEASE = env_int("JOB_LEASE", 30)
if not 1 <= JOB_LEASE <= 3600:
    raise ImproperlyConfigured("JOB_LEASE must be 1 to 3600 seconds.")
