"""`manage.py shard_collections`: spread the chats over the shards of a cluster."""

from __future__ import annotations

from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from pymongo.errors import OperationFailure

from chats.models.shard_keys import SHARD_KEYS

NOT_SHARDED = 59  # MongoDB's error code CommandNotFound: a mongod knows no such command


class Command(BaseCommand):
    """Shard every collection of chats by the id of the chat."""

    help = (
        "Shard the collections of chats, once, after `migrate_all`. MONGODB_URI must name a "
        "mongos, and its user may run shardCollection. A sharded collection stays as it is."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for model, key in SHARD_KEYS.items():
            collection = model.objects.collection()
            try:
                collection.database.client.admin.command(
                    "shardCollection", collection.full_name, key={key: 1}
                )
            except OperationFailure as error:
                if error.code == NOT_SHARDED:
                    raise CommandError("This MongoDB is no sharded cluster (no mongos).") from error
                raise CommandError(f"{collection.full_name}: {error}") from error
            self.stdout.write(f"{collection.full_name} is sharded by {key}.")
