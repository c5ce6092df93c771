"""`manage.py delete_orphans`, and what a deleted chat leaves: its latest numbers, for a while."""

import io

import pytest
from django.core.management import call_command
from pymongo.errors import AutoReconnect

from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import now
from chats import actions
from chats.errors import Refused
from chats.models import Chat, ChatPermissions, Message, Pair, ReadMarker, log
from tests.jobs import run_due

pytestmark = pytest.mark.django_db


def cleared() -> str:
    out = io.StringIO()
    call_command("delete_orphans", stdout=out)
    return out.getvalue()


def test_a_deleted_chat_leaves_numbers_without_text_that_expire(group, ada, grace):
    actions.post_message(ada, group.pk, "secret of @grace", client_id="secret")
    actions.rename_chat(ada, group, "Secret name")
    actions.delete_chat(ada, Chat.objects.get(pk=group.pk))
    run_due()
    rows = log.after(group.pk, 0, 10)
    assert [row["rev"] for row in rows] == [1, 2, 3]
    for told in ("ecret", "grace", str(grace.pk)):
        assert told not in str(rows)
    assert all(row["expires_at"] for row in rows)
    (index,) = [i for i in log.rows().list_indexes() if i["name"] == "message_expires"]
    assert index["expireAfterSeconds"] == 0
    assert Message.objects.count() == 0
    assert cleared() == "0 deleted chats cleared away.\n"


def test_a_deletion_is_done_at_once_and_its_rows_are_removed_however_often_a_worker_ends(
    group, ada, grace, monkeypatch
):
    for number in range(3):
        actions.post_message(ada, group.pk, f"secret {number}")
    actions.delete_chat(ada, Chat.objects.get(pk=group.pk))
    assert not Chat.objects.exists()
    with pytest.raises(Chat.DoesNotExist):
        actions.post_message(grace, group.pk, "too late")
    assert Message.objects.count() == 3

    def die(*args, **options):
        raise AutoReconnect("away")

    with monkeypatch.context() as outage:
        outage.setattr(ReadMarker.objects, "filter", die)
        run_due()
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("waiting", 0)  # a store that is away costs no attempt
    assert ReadMarker.objects.exists()
    Job.objects.update(due=now())
    run_due()
    assert not any(m.objects.exists() for m in (Message, ReadMarker, ChatPermissions, Job))
    assert [row["rev"] for row in log.after(group.pk, 0, 10)] == [1, 2, 3, 4]


def test_a_deletion_that_is_refused_queues_nothing(group, grace):
    with pytest.raises(Refused):
        actions.delete_chat(grace, group)
    assert not Job.objects.exists()


def test_what_a_deletion_left_is_cleared_away(group, private_chat, ada, grace):
    actions.post_message(ada, private_chat.pk, "stays")
    actions.post_message(ada, group.pk, "goes")
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)

    actions.delete_chat(ada, Chat.objects.get(pk=group.pk))
    Job.objects.all().delete()
    assert Message.objects.count() == 2
    assert cleared() == "1 deleted chat cleared away.\n"
    assert [message.content for message in Message.objects.all()] == ["stays"]
    assert ChatPermissions.objects.count() == 0
    assert {marker.chat_id for marker in ReadMarker.objects.all()} <= {private_chat.pk}
    assert cleared() == "0 deleted chats cleared away.\n"


def test_a_private_chat_that_was_deleted_can_be_made_again(ada, grace):
    first, _ = actions.create_private_chat(ada, grace.pk)
    actions.delete_chat(grace, first)
    assert Pair.objects.count() == 0
    second, created = actions.create_private_chat(grace, ada.pk)
    assert created
    assert second.pk != first.pk
