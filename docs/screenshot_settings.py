"""Settings of `docs/screenshots.py`: links to its own server of pages have previews."""

import os

from chatproject.settings import *  # noqa: F403

LINK_PREVIEWS_TEST_SERVERS = frozenset({("127.0.0.1", int(os.environ["PAGE_SERVER_PORT"]))})
