"""The queue: a row for each job that waits, runs or has failed. One that is done is deleted.

Whoever takes a job holds a lease on it, which is renewed while the job runs. If its process dies,
the lease ends by itself, and the job is due again.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import Q
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from chatproject.stores.mongodb.documents import Document, DocumentQuerySet, now
from chatproject.stores.mongodb.indexes import ExpiryIndex, UniqueIndex

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A person's next job is ordered as if it had been asked for so long after their last one, so that
# somebody else's only job doesn't wait for twenty of theirs.
SPACING = timedelta(seconds=30)
FAILED_KEPT = timedelta(days=7)
ERROR_MAX_LENGTH = 500  # characters
FREE = {"lease": None, "taken_slot": None}


class JobQuerySet(DocumentQuerySet["Job"]):
    """What is done with jobs, each by one atomic command."""

    def add(self, job: Job, session: ClientSession | None = None) -> bool:
        """Queue a job; False if one of this kind and key waits or runs already.

        With a session, in its transaction.
        """
        job.place = self._place(job, session)
        same = {"kind": job.kind, "key": job.key, "due": {"$gt": EPOCH}}
        try:
            result = self.collection().update_one(
                same, {"$setOnInsert": self.document(job)}, upsert=True, session=session
            )
        except DuplicateKeyError:
            if session:
                raise  # the transaction is over: it begins again
            return False
        return result.upserted_id is not None

    def _place(self, job: Job, session: ClientSession | None) -> datetime:
        if not job.slot:
            return job.due or now()
        last = self.collection().find_one(
            {"slot": job.slot}, {"place": 1}, sort=[("place", -1)], session=session
        )
        moment = job.due or now()
        return max(moment, last["place"].replace(tzinfo=UTC) + SPACING) if last else moment

    def is_due(self, kinds: Collection[str]) -> bool:
        """Whether a job of these kinds waits to be taken."""
        due = {"due": {"$gt": EPOCH, "$lte": now()}, "kind": {"$in": list(kinds)}}
        return self.collection().find_one(due, {"_id": 1}) is not None

    def claim(self, kinds: Collection[str], lease: float) -> Job | None:
        """Take the job whose place is first, for `lease` seconds; one at a time of each slot."""
        rows, moment = self.collection(), now()
        taken = {"taken_slot": {"$gt": ""}}
        rows.update_many({**taken, "due": {"$lte": moment}}, {"$set": {"taken_slot": None}})
        busy = {row["taken_slot"] for row in rows.find(taken, {"taken_slot": 1})}
        take = {
            "lease": secrets.token_hex(8),
            "taken_slot": "$slot",
            "attempts": {"$add": ["$attempts", 1]},
            "due": moment + timedelta(seconds=lease),
        }
        while True:
            wanted = {
                "due": {"$gt": EPOCH, "$lte": moment},
                "kind": {"$in": list(kinds)},
                "slot": {"$nin": list(busy)},
            }
            try:
                found = rows.find_one_and_update(
                    wanted,
                    [{"$set": take}],
                    sort=[("place", 1)],
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError as error:  # another worker has taken this slot meanwhile
                busy.add((error.details or {})["keyValue"]["taken_slot"])
                continue
            return self.from_document(found) if found else None

    def hold(self, job: Job, seconds: float) -> bool:
        """Store a job that the caller does itself, now; False if its slot is taken."""
        rows, moment = self.collection(), now()
        rows.delete_many({"taken_slot": job.slot, "kind": job.kind, "due": {"$lte": moment}})
        job.lease, job.taken_slot, job.attempts = secrets.token_hex(8), job.slot, 1
        # Nobody waits for it if this process dies.
        job.due = job.expires_at = moment + timedelta(seconds=seconds)
        try:
            rows.insert_one(self.document(job))
        except DuplicateKeyError:
            return False
        return True

    def renew(self, job: Job, lease: float) -> bool:
        """Prolong a lease; False if it has ended."""
        moment = now()
        due = moment + timedelta(seconds=lease)
        result = self.collection().update_one(
            {"_id": job.pk.hex, "lease": job.lease, "due": {"$gt": moment}}, {"$set": {"due": due}}
        )
        if result.matched_count:
            job.due = due
        return bool(result.matched_count)

    def finish(self, job: Job) -> None:
        """Delete a job that is done, unless its lease has ended and another worker has it."""
        self.collection().delete_one({"_id": job.pk.hex, "lease": job.lease})

    def release(self, job: Job, *, wait: float = 0) -> None:
        """Make a job due in `wait` seconds, as if it hadn't been taken."""
        due = now() + timedelta(seconds=wait)
        self._change(job, {"$set": {**FREE, "due": due}, "$inc": {"attempts": -1}})

    def postpone(self, job: Job, *, wait: float, error: str) -> None:
        """Make a job due in `wait` seconds, after an attempt that failed."""
        due = now() + timedelta(seconds=wait)
        self._change(job, {"$set": {**FREE, "due": due, "error": error[:ERROR_MAX_LENGTH]}})

    def fail(self, job: Job, error: str) -> None:
        """Keep a job as failed, for `FAILED_KEPT`, after its last attempt."""
        moment = now()
        ended = {"due": None, "failed_at": moment, "expires_at": moment + FAILED_KEPT}
        self._change(job, {"$set": {**FREE, **ended, "error": error[:ERROR_MAX_LENGTH]}})

    def _change(self, job: Job, update: Document) -> None:
        self.collection().update_one({"_id": job.pk.hex, "lease": job.lease}, update)

    def retry(self, job_id: uuid.UUID) -> bool:
        """Make a failed job due now, as a new one; False if it isn't failed, or waits anew."""
        values = {"due": now(), "attempts": 0, "failed_at": None, "expires_at": None}
        try:
            result = self.collection().update_one(
                {"_id": job_id.hex, "failed_at": {"$gt": EPOCH}}, {"$set": values}
            )
        except DuplicateKeyError:
            return False
        return bool(result.matched_count)


class Job(models.Model):
    """Work that is done outside the request that asked for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, db_column="_id")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=255)  # what it is about; unique in its kind until it is done
    payload = models.JSONField(default=dict)
    person_id = models.BigIntegerField(null=True)  # for whom
    # Of the jobs with the same slot one runs at a time; "": any number.
    slot = models.CharField(max_length=60, default="", blank=True)
    taken_slot = models.CharField(max_length=60, null=True)  # the slot, while the job runs
    place = models.DateTimeField(default=now)  # the order in which due jobs are taken
    # When it may be taken; while it runs, when its lease ends. Null: it has failed.
    due = models.DateTimeField(null=True, default=now)
    lease = models.CharField(max_length=16, null=True)  # names who runs it
    attempts = models.IntegerField(default=0)  # how often it was taken
    error = models.CharField(max_length=ERROR_MAX_LENGTH, default="", blank=True)  # the last one
    failed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True)  # when MongoDB removes the row

    objects = JobQuerySet.as_manager()

    class Meta:
        default_permissions = ("view", "change", "delete")
        indexes = [
            # The next job to take, and whether there is one.
            models.Index(fields=["place", "due"], condition=Q(due__gt=EPOCH), name="job_place"),
            models.Index(fields=["due"], condition=Q(due__gt=EPOCH), name="job_due"),
            # Done once.
            UniqueIndex(fields=["kind", "key"], condition=Q(due__gt=EPOCH), name="job_key"),
            # One at a time.
            UniqueIndex(fields=["taken_slot"], condition=Q(taken_slot__gt=""), name="job_taken"),
            # A person's latest place.
            models.Index(fields=["slot", "-place"], condition=Q(slot__gt=""), name="job_slot"),
            # The admin's list, newest first.
            models.Index(fields=["-created_at"], name="job_created"),
            ExpiryIndex(
                fields=["expires_at"], condition=Q(expires_at__gt=EPOCH), name="job_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def state(self) -> str:
        """`waiting`, `running` or `failed`."""
        if self.failed_at:
            return "failed"
        return "running" if self.lease and self.due and self.due > now() else "waiting"
