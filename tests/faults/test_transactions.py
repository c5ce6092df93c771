"""A process that dies in a transaction holds its chat up for seconds, not for a minute."""

import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings

from chats import actions
from chats.models import log

pytestmark = pytest.mark.django_db(transaction=True)

HELD = 9.0  # seconds: the lifetime of a transaction, and MongoDB's look at it
DIES = """
import os, signal, sys, pymongo
client = pymongo.MongoClient(sys.argv[1])
session = client.start_session()
session.start_transaction()
row = {"_id": "dies", "chat_id": sys.argv[3], "rev": 2, "kind": "chat_updated", "after_seq": 1}
client[sys.argv[2]].chats_message.insert_one(row, session=session)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_chat_takes_messages_again_after_a_process_died_in_a_transaction(
    group: Any, ada: Any
) -> None:
    actions.post_message(ada, group.pk, "one")
    database = log.rows().database
    url = str(settings.DATABASES["chat"]["HOST"])
    command = [sys.executable, "-c", DIES, url, database.name, group.pk.hex]
    assert subprocess.run(command, check=False).returncode == -9
    started = time.monotonic()
    message, _ = actions.post_message(ada, group.pk, "two")
    waited = time.monotonic() - started
    assert 1 < waited < HELD
    assert (message.seq, log.head(group.pk).rev) == (2, 2)
