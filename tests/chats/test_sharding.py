"""Chats on a sharded cluster. There is no mongos here: these are the rules that it has."""

import pytest
from django.core.management import CommandError, call_command

from chats.models.shard_keys import SHARD_KEYS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", SHARD_KEYS)
def test_every_unique_index_begins_with_the_shard_key(model) -> None:
    """MongoDB's rule for unique indexes of a sharded collection; `_id` alone is exempt."""
    key = SHARD_KEYS[model]
    for name, index in model.objects.collection().index_information().items():
        if index.get("unique") and name != "_id_":
            assert index["key"][0][0] == key, name


@pytest.mark.parametrize("model", SHARD_KEYS)
def test_an_index_begins_with_the_shard_key(model) -> None:
    """Otherwise a collection with rows can't be sharded. A partial one doesn't count."""
    indexes = model.objects.collection().index_information().values()
    whole = [index for index in indexes if "partialFilterExpression" not in index]
    assert any(index["key"][0] == (SHARD_KEYS[model], 1) for index in whole)


def test_the_command_says_that_a_replica_set_is_no_sharded_cluster() -> None:
    with pytest.raises(CommandError, match="no sharded cluster"):
        call_command("shard_collections")
