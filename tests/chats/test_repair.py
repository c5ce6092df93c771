"""`manage.py check_sequences`: what a crash left is found, told and repaired."""

import io
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from chatproject.stores.mongodb.documents import now
from chats import actions, events
from chats.actions import repair
from chats.models import Chat, ChatPermissions, Message, ReadMarker

pytestmark = pytest.mark.django_db

OLD = timedelta(minutes=5)


def check(*arguments):
    """What the command prints, and whether it ends with 1."""
    out = io.StringIO()
    try:
        call_command("check_sequences", *arguments, stdout=out)
    except CommandError:
        return out.getvalue(), True
    return out.getvalue(), False


def seqs(chat):
    rows = Message.objects.in_chat(chat.pk).oldest_first()
    return list(rows.values_list("seq", flat=True))


def lose(chat, *numbers):
    """Delete messages behind the back of the actions, as if a crash had prevented the write."""
    assert Message.objects.filter(chat_id=chat.pk, seq__in=numbers).delete()[0] == len(numbers)


def age(chat):
    """Make a chat and its messages five minutes older."""
    for message in Message.objects.in_chat(chat.pk):
        moment = message.created_at - OLD
        Message.objects.filter(pk=message.pk).update(created_at=moment)
    Chat.objects.filter(pk=chat.pk).update(last_message_at=now() - OLD)


@pytest.fixture
def history(group, ada):
    """The group with ten messages, said five minutes ago."""
    for number in range(1, 11):
        actions.post_message(ada, group.pk, f"number {number}", client_id=f"n{number}")
    age(group)
    return Chat.objects.get(pk=group.pk)


def test_dense_numbers_are_in_order(history, private_chat):
    told, failed = check()
    assert not failed
    assert "2 chats, 0 wrong, 0 repaired." in told


def test_holes_are_told_and_end_with_1(history):
    lose(history, 1, 4, 5, 10)
    told, failed = check()
    assert failed
    for line in ("seq 1 is missing", "seq 4 to 5 is missing", "seq 10 is missing", "4 wrong"):
        assert line in told
    assert seqs(history) == [2, 3, 6, 7, 8, 9]


def test_holes_are_filled_with_tombstones_that_the_chat_is_told(history, captured_events):
    lose(history, 4, 5, 10)
    told = captured_events(events.chat_group(history.pk))
    report, failed = check("--fix")
    assert not failed
    assert "3 wrong, 3 repaired" in report
    assert seqs(history) == list(range(1, 11))
    tombstone = Message.objects.get(chat_id=history.pk, seq=4)
    assert tombstone.deleted_at
    assert (tombstone.content, tombstone.deleted_by) == ("", None)
    assert [(event["seq"], event["rev"]) for event in told.of_type("message_deleted")] == [
        (4, 11),
        (5, 12),
        (10, 13),
    ]
    assert Chat.objects.get(pk=history.pk).last_rev == 13
    assert check() == ("1 chats, 0 wrong, 0 repaired.\n", False)


def test_a_tombstone_stands_in_the_order_of_time(history):
    lose(history, 5, 10)
    check("--fix")
    times = [message.created_at for message in Message.objects.in_chat(history.pk).oldest_first()]
    assert times == sorted(times)


def test_a_number_that_may_still_be_written_is_left_alone(history, ada):
    actions.post_message(ada, history.pk, "number 11")
    actions.post_message(ada, history.pk, "number 12")
    lose(history, 5, 11)
    told, failed = check("--fix")
    assert not failed
    assert "seq 5 is missing" in told
    assert "seq 11 may still be on its way" in told
    assert seqs(history) == [*range(1, 11), 12]


def test_the_retry_of_a_send_whose_number_was_filled_is_stored_under_a_new_number(history, ada):
    lose(history, 10)
    check("--fix")
    message, created = actions.post_message(ada, history.pk, "number 10", client_id="n10")
    assert (created, message.seq, message.content) == (True, 11, "number 10")


def test_a_message_that_was_written_meanwhile_is_kept(history, ada):
    lose(history, 10)
    (hole,) = repair.holes(history)
    message, _ = actions.post_message(ada, history.pk, "number 10", client_id="n10")
    assert message.seq == 10
    assert repair.fill(hole) == 0
    assert Message.objects.get(chat_id=history.pk, seq=10).content == "number 10"


def test_a_chat_learns_of_numbers_above_its_last(history, ada):
    Chat.objects.filter(pk=history.pk).update(last_seq=8, last_rev=7)
    told, failed = check()
    assert failed
    assert "up to seq 10 and rev 10, knows of 8 and 7" in told
    assert not check("--fix")[1]
    chat = Chat.objects.get(pk=history.pk)
    assert (chat.last_seq, chat.last_rev) == (10, 10)
    assert actions.post_message(ada, chat.pk, "number 11")[0].seq == 11
    assert not check()[1]


def test_what_is_left_of_a_deleted_chat_is_removed(history, private_chat, ada, grace):
    actions.post_message(ada, private_chat.pk, "stays")
    actions.set_permissions(ada, history, grace.pk, can_remove_members=True)
    Chat.objects.filter(pk=history.pk).delete()
    lone = uuid.uuid4()
    ReadMarker.objects.create(chat_id=lone, user_id=ada.pk)
    told, failed = check()
    assert failed
    assert f"{history.pk}: deleted, but there are 10 messages" in told
    assert str(lone) in told
    assert not check("--fix")[1]
    assert list(Message.objects.values_list("chat_id", flat=True)) == [private_chat.pk]
    assert ChatPermissions.objects.count() == 0
    assert list(ReadMarker.objects.values_list("chat_id", flat=True)) == [private_chat.pk]
    assert not check()[1]


def test_one_chat_can_be_looked_at_alone(history, private_chat, ada):
    for number in range(3):
        actions.post_message(ada, private_chat.pk, f"{number}")
    age(private_chat)
    lose(history, 3)
    lose(private_chat, 2)
    told, failed = check(f"--chat={private_chat.pk}")
    assert failed
    assert str(history.pk) not in told
    assert not check(f"--chat={private_chat.pk}", "--fix")[1]
    assert seqs(private_chat) == [1, 2, 3]
    assert 3 not in seqs(history)
    for argument in (f"--chat={uuid.uuid4()}", "--chat=nonsense"):
        assert check(argument)[1]


def test_numbers_are_read_from_the_index_alone(history):
    known = {"chat_id": history.pk.hex, "seq": {"$gte": 1, "$lte": 10}}
    rows = Message.objects.collection().find(known, {"_id": 0, "chat_id": 1, "seq": 1})
    stats = rows.sort([("seq", 1)]).hint("message_seq").explain()["executionStats"]
    assert (stats["totalKeysExamined"], stats["totalDocsExamined"]) == (10, 0)
