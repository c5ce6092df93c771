"""What linked pages say of themselves, kept for some hours, so that each is asked for once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urldefrag

from django.db import models

from chatproject.stores.mongodb.documents import Document, DocumentQuerySet, now
from chatproject.stores.mongodb.indexes import ExpiryIndex

KEPT_FOR = timedelta(hours=6)
FAILURE_KEPT_FOR = timedelta(minutes=15)


class LinkedPageQuerySet(DocumentQuerySet["LinkedPage"]):
    """Pages by their addresses."""

    def at(self, url: str, read: Callable[[], Document | None]) -> Document | None:
        """The row of the page at an address, `read` if it isn't known; None if that has none."""
        key = hashlib.sha256(urldefrag(url).url.encode()).hexdigest()
        row = self.collection().find_one({"_id": key, "expires_at": {"$gt": now()}})
        if row is None:
            found = read()
            kept_for = KEPT_FOR if found else FAILURE_KEPT_FOR
            page = LinkedPage(id=key, expires_at=now() + kept_for, **(found or {}))
            row = self.document(page)
            self.collection().replace_one({"_id": key}, row, upsert=True)
        return row if row["title"] else None


class LinkedPage(models.Model):
    """A page that a message links to; without a title there is nothing to show of it."""

    id = models.CharField(max_length=64, primary_key=True, db_column="_id")  # of its address
    site = models.CharField(max_length=255, default="")
    title = models.CharField(max_length=200, default="")
    description = models.CharField(max_length=300, default="")
    image = models.BinaryField(null=True)  # WebP
    width = models.IntegerField(null=True)  # pixels, of the image that it was made from
    height = models.IntegerField(null=True)
    expires_at = models.DateTimeField()  # when MongoDB removes the row

    objects = LinkedPageQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [ExpiryIndex(fields=["expires_at"], name="linked_page_expires")]

    def __str__(self) -> str:
        return self.title
