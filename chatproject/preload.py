"""What a server process loads before it is asked anything: its first visitor would wait for it."""

import gc

from django.conf import settings
from django.db.utils import load_backend
from django.urls import get_resolver


def load_and_freeze() -> None:
    """Import the engines of the databases (0.4 s for MongoDB's) and the views.

    They stay: a full collection, which stops every request and socket, needn't look at them again.
    """
    for database in settings.DATABASES.values():
        load_backend(database["ENGINE"])
    get_resolver().url_patterns  # noqa: B018
    gc.collect()
    gc.freeze()
    # A page makes hundreds of objects and no cycles: to look for some every 700 took a thirtieth.
    # Of 5,000 sockets all were looked at now and then, and nobody was served for 0.2 s.
    gc.set_threshold(20_000)
