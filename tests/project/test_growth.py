"""For everything that is stored, `docs/growth.md` says what ends it."""

import re
from pathlib import Path
from typing import Any

import pytest
import redis
from django.apps import apps
from django.conf import settings
from django.test import Client

from chatproject.limits import limits
from chatproject.sockets.places import Places
from chatproject.sockets.presence_leases import PresenceLeases
from chatproject.stores.turns import turn
from chats import actions

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "growth.md").read_text()
HOW = "Write in docs/growth.md what ends it: a line with its name, what one is, and when it goes."


def documented(title: str) -> set[str]:
    """The names in the first column of the table of a section, each with an end."""
    section = PAGE.partition(f"## {title}")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+)\|([^|]*)\|$", section, re.MULTILINE)
    assert rows, title
    for name, content, end in rows:
        assert end.strip() or content.startswith("nothing"), f"{name} has no end. {HOW}"
    return {name for name, _, _ in rows}


def stored_in(alias: str) -> set[str]:
    """The tables or collections of all models of a store."""
    models = apps.get_models(include_auto_created=True)
    in_mongodb = {m for m in models if m._meta.app_label in ("chats", "jobs")}
    wanted = in_mongodb if alias == "chat" else set(models) - in_mongodb
    return {model._meta.db_table for model in wanted}


@pytest.mark.parametrize(
    ("title", "alias"), [("Collections (MongoDB)", "chat"), ("Tables (SQL)", "default")]
)
def test_every_table_and_collection_has_an_end(title: str, alias: str) -> None:
    lines, stored = documented(title), stored_in(alias)
    assert len(stored) > 5
    assert stored - lines == set(), HOW
    assert lines - stored == set(), "docs/growth.md has lines for what doesn't exist any more."


def prefixes() -> set[str]:
    """What the keys begin with that the code makes for Redis."""
    found = set()
    for package in ("chatproject", "users", "chats"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text()
            # A key is made where the Redis is asked, or in `limits.py` for `limit_store.py`.
            if "redis_client" in text or path.name == "limits.py":
                found |= set(re.findall(r'f"([a-z_]+:){', text))
    return found


def test_every_kind_of_key_has_an_end() -> None:
    lines = documented("Keys (Redis or Valkey)")
    assert prefixes() == lines, HOW


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_every_key_expires(group: Any, ada: Any) -> None:
    from channels.db import database_sync_to_async as do

    def write() -> None:
        actions.post_message(ada, group.pk, "Hello")
        limits.remember(60, "somebody")
        client = Client()
        client.force_login(ada)
        token = {"csrfmiddlewaretoken": "a" * 64}
        assert client.post(f"/chats/{group.pk}/clear/", token).status_code == 302
        with turn("growth"), turn("growth"):  # the second waits in vain
            pass

    await do(write)()
    places, leases = Places(), PresenceLeases()
    assert await places.take(ada.pk) is not False
    await leases.join(group.pk, ada.pk)
    await places.tell()
    store = redis.Redis.from_url(settings.REDIS_URLS[0])
    keys = {key.decode(): store.pttl(key) for key in store.scan_iter()}
    kinds = {key.partition(":")[0] + ":" for key in keys}
    assert kinds >= documented("Keys (Redis or Valkey)") - {"turn:"}  # which may have ended
    assert kinds <= documented("Keys (Redis or Valkey)"), HOW
    assert all(left > 0 for left in keys.values()), keys
    await leases.close()
