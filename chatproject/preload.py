"""Loads what a server process needs before its first request, which would wait for it."""

import gc
import threading

from django.conf import settings
from django.db.utils import load_backend
from django.urls import get_resolver

from chatproject.text import markdown
from users import first_account


def load_and_freeze() -> None:
    """Import the database engines (0.4 s for MongoDB's) and the views, and tune the collector.

    What is imported stays, so it is frozen: a full collection, which stops every request and
    socket, needn't scan it again.
    """
    for database in settings.DATABASES.values():
        load_backend(database["ENGINE"])
    get_resolver().url_patterns  # noqa: B018
    markdown.render("```py\n```\n*a* www.example.org")  # its rules are compiled when first used
    gc.collect()
    gc.freeze()
    # A page makes hundreds of objects and no cycles: collecting after every 700 took a thirtieth of
    # the time. With 5,000 sockets, a full collection now and then stopped the process for 0.2 s.
    gc.set_threshold(20_000)


def announce_first_account() -> None:
    """Log the link for the first account of a new site; nothing waits for it."""
    if not settings.DEBUG:
        threading.Thread(target=first_account.announce, name="first account", daemon=True).start()
