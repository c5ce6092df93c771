"""The rules, the numbers and the announcements of every action."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connections
from django.utils import timezone
from pymongo.errors import AutoReconnect

from chatproject.stores.mongodb import documents
from chatproject.stores.mongodb.clock import clock
from chats import actions, events
from chats.actions import accounts, members, message_changes, sending
from chats.actions import chats as chat_actions
from chats.actions import known_chats as known_chats_module
from chats.actions.known_chats import known_chats
from chats.errors import Invalid, Refused
from chats.events import chat_group, user_group
from chats.models import Chat, ChatPermissions, Message, ReadMarker, log
from chats.models.message import MessageQuerySet
from chats.models.permissions import ChatPermissionsQuerySet
from chats.permissions import Permissions, permissions_for, permissions_of
from tests.commands_sent import sent_commands
from tests.jobs import run_due

pytestmark = pytest.mark.django_db


def post(user, chat, content="Hello", **values):
    message, _ = actions.post_message(user, chat.pk, content, **values)
    return message


# Sending -----------------------------------------------------------------------------------------


def test_messages_take_dense_numbers_and_are_told_to_the_chat(group, ada, grace, captured_events):
    told = captured_events(chat_group(group.pk))
    first, second = post(ada, group, "one"), post(grace, group, "two")
    assert [(m.seq, m.rev) for m in (first, second)] == [(1, 1), (2, 2)]
    assert [d["content"] for d in told.of_type("text_message")] == ["one", "two"]
    data = told.of_type("text_message")[0]
    assert data["message_id"] == str(first.pk)
    assert data["sender_username"] == "ada"
    assert data["created_at"].endswith("Z")


def test_a_stranger_cannot_send_and_nothing_is_stored_or_told(
    group, ada, stranger, captured_events
):
    told = captured_events(chat_group(group.pk))
    post(ada, group, "a member may")
    with pytest.raises(Chat.DoesNotExist):
        post(stranger, group, "I am not in")
    assert Message.objects.in_chat(group.pk).count() == 1
    assert told.types() == ["text_message"]
    assert Chat.objects.get(pk=group.pk).last_seq == 1


def test_a_member_without_send_permission_is_refused_and_nothing_is_sent(
    group, ada, grace, captured_events
):
    post(grace, group, "before")
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    told = captured_events(chat_group(group.pk))
    with pytest.raises(Refused):
        post(grace, group, "after")
    assert told.types() == []
    actions.set_permissions(ada, group, grace.pk, can_send_messages=True)
    assert post(grace, group, "again").seq == 2


@pytest.mark.parametrize("content", ["", "   \n\t", "x" * 10_001, "a\x00b", "\ud800"])
def test_content_out_of_its_limits_is_refused_by_name(group, ada, content):
    with pytest.raises(Invalid) as refusal:
        post(ada, group, content)
    assert refusal.value.field == "content"
    assert Chat.objects.get(pk=group.pk).last_seq == 0


def test_the_longest_content_is_stored_whole(group, ada):
    assert Message.objects.get(pk=post(ada, group, "é" * 10_000).pk).content == "é" * 10_000


def test_a_repeated_client_id_stores_one_message(group, ada, captured_events):
    told = captured_events(chat_group(group.pk))
    first, created = actions.post_message(ada, group.pk, "once", client_id="a")
    again, created_again = actions.post_message(ada, group.pk, "once", client_id="a")
    assert (created, created_again) == (True, False)
    assert first.pk == again.pk
    assert told.types() == ["text_message"]
    assert Chat.objects.get(pk=group.pk).last_seq == 1


def test_client_ids_of_two_people_do_not_meet(group, ada, grace):
    assert (
        post(ada, group, "mine", client_id="a").pk != post(grace, group, "mine", client_id="a").pk
    )


def test_a_repeated_client_id_takes_no_number_however_late_it_comes(group, ada):
    first = post(ada, group, "once", client_id="a")
    for number in range(40):
        post(ada, group, f"later {number}", client_id=f"later-{number}")
    for _ in range(38):
        again, created = actions.post_message(ada, group.pk, "once", client_id="a")
        assert (again.pk, created) == (first.pk, False)
    assert post(ada, group, "next").seq == 42
    assert log.head(group.pk)[:2] == (42, 42)


def test_what_another_process_wrote_meanwhile_is_noticed(group, ada, grace):
    """A process that knows the chat as it was takes the number after all that came since."""
    post(ada, group, "one")
    known = replace(known_chats.get(group.pk))
    second = post(grace, group, "two")
    actions.edit_message(grace, group, second, "second")
    actions.rename_chat(ada, group, "Looms")
    known_chats.keep(known)
    assert post(ada, group, "three").seq == 3
    assert log.head(group.pk)[:2] == (5, 3)


def test_a_process_that_knows_an_old_chat_lets_nobody_in(group, ada, grace, alan, stranger):
    post(ada, group, "one")
    known = replace(known_chats.get(group.pk))
    actions.set_permissions(ada, group, alan.pk, can_send_messages=False)
    group.refresh_from_db()
    group = actions.remove_member(ada, group, grace.pk)
    actions.add_members(ada, group, [stranger.pk])
    known_chats.keep(replace(known))
    with pytest.raises(Chat.DoesNotExist):
        post(grace, group, "removed")
    known_chats.keep(replace(known))
    with pytest.raises(Refused):
        post(alan, group, "silenced")
    known_chats.keep(replace(known))
    assert post(stranger, group, "added").seq == 2
    known_chats.keep(replace(known))
    actions.delete_chat(ada, group)
    with pytest.raises(Chat.DoesNotExist):
        post(ada, group, "deleted")
    run_due()
    assert Message.objects.in_chat(group.pk).count() == 0


@pytest.mark.parametrize("last", [1, 300])
def test_a_wrong_hint_does_no_harm(group, ada, grace, last):
    """One that was lost, or one that a restored backup put ahead of the log."""
    for content in ("one", "two", "three"):
        post(ada, group, content)
    Chat.objects.filter(pk=group.pk).update(last_seq=last, last_rev=last)
    known_chats.forget(group.pk)
    assert post(grace, group, "four").seq == 4
    assert log.head(group.pk)[:2] == (4, 4)


def test_a_process_that_is_far_behind_catches_up(group, ada, monkeypatch):
    monkeypatch.setattr(known_chats_module, "ROWS_READ", 3)
    post(ada, group, "one")
    known = replace(known_chats.get(group.pk))
    for number in range(10):
        post(ada, group, f"{number}")
    known_chats.keep(known)
    assert post(ada, group, "last").seq == 12


def test_a_group_that_is_cut_short_tells_each_what_became_of_it(group, ada, grace, monkeypatch):
    insert = MessageQuerySet.insert

    def once(rows, messages):
        monkeypatch.undo()
        count = insert(rows, messages[:1])[0]
        monkeypatch.setattr(MessageQuerySet, "insert", away)
        return count, "rev"

    def away(rows, messages):
        raise AutoReconnect("away")

    sends = [
        sending.Send(Message(chat_id=group.pk, sender_id=user.pk, content="x"), user, None, {})
        for user in (ada, grace)
    ]
    monkeypatch.setattr(MessageQuerySet, "insert", once)
    first, second = sending._store_group(group.pk, sends)
    assert first is sending.Outcome.STORED
    assert isinstance(second, AutoReconnect)


def test_a_retry_of_a_silenced_member_is_what_is_stored(group, ada, grace):
    message = post(grace, group, "arrived", client_id="a")
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    again, created = actions.post_message(grace, group.pk, "arrived", client_id="a")
    assert (again.pk, created) == (message.pk, False)
    with pytest.raises(Refused):
        post(grace, group, "another", client_id="b")


def test_an_insert_that_the_driver_repeated_is_stored_once(group, ada, monkeypatch):
    """The first try was stored, its answer lost: MongoDB refuses the second by its id."""
    insert = MessageQuerySet.insert

    def twice(rows, messages):
        insert(rows, messages)
        return insert(rows, messages)

    with monkeypatch.context() as patch:
        patch.setattr(MessageQuerySet, "insert", twice)
        message, created = actions.post_message(ada, group.pk, "once")
    assert (message.seq, message.content, created) == (1, "once", False)
    assert post(ada, group, "next").seq == 2


def test_handing_over_a_group_leaves_who_is_silenced_in_between_silent(group, ada, grace, alan):
    read_before = Chat.objects.get(pk=group.pk)
    actions.set_permissions(ada, group, alan.pk, can_send_messages=False)
    actions.transfer_ownership(ada, read_before, grace.pk)
    with pytest.raises(Refused):
        post(alan, group, "still here")


def by_grace(group, grace, alan, stranger):
    """What grace may do while she has every permission, by name."""
    own, other = post(grace, group, "hers"), post(alan, group, "his")
    return {
        "edit": lambda: actions.edit_message(grace, group, own, "edited"),
        "delete": lambda: actions.delete_message(grace, group, other),
        "rename": lambda: actions.rename_chat(grace, group, "Looms"),
        "add": lambda: actions.add_members(grace, group, [stranger.pk]),
        "remove": lambda: actions.remove_member(grace, group, alan.pk),
        "permit": lambda: actions.set_permissions(
            grace, group, alan.pk, can_delete_other_messages=True
        ),
    }


ACTS = ("edit", "delete", "rename", "add", "remove", "permit")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("end", ["permissions", "membership"])
def test_nobody_acts_after_the_change_that_ended_their_right(
    group, ada, grace, alan, stranger, monkeypatch, act, end
):
    """It ended between the first look at the rules and the write."""
    everything = dict.fromkeys(ChatPermissions.FLAGS, True)
    actions.set_permissions(ada, group, grace.pk, **everything)
    group.refresh_from_db()
    acts = by_grace(group, grace, alan, stranger)
    nothing = dict.fromkeys(ChatPermissions.FLAGS, False)
    if end == "permissions":
        actions.set_permissions(ada, group, grace.pk, **nothing)
    else:
        actions.remove_member(ada, group, grace.pk)
    rev = log.head(group.pk).rev
    allowed = Permissions(group, grace.pk, everything)  # as read before
    for module in (chat_actions, members, message_changes):
        monkeypatch.setattr(module, "permissions_for", lambda *args: allowed)
    # Somebody who isn't in the chat any more changes nobody in it.
    with pytest.raises((Refused, Chat.DoesNotExist, Invalid)):
        acts[act]()
    assert log.head(group.pk).rev == rev


def test_a_former_owner_deletes_nothing(group, ada, grace, monkeypatch):
    before = Chat.objects.get(pk=group.pk)
    actions.transfer_ownership(ada, group, grace.pk)
    with pytest.raises(Refused):
        actions.delete_chat(ada, before)
    assert Chat.objects.filter(pk=group.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_client_id_many_times_at_once_is_one_message(group, ada):
    def send(_):
        try:
            return actions.post_message(ada, group.pk, "once", client_id="a")[0].pk
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(send, range(50)))
    assert len(ids) == 1
    chat = Chat.objects.get(pk=group.pk)
    assert (chat.last_seq, Message.objects.in_chat(chat.pk).count()) == (1, 1)


def test_a_reply_shows_what_it_answers(group, ada, grace, captured_events):
    question = post(ada, group, "When?")
    told = captured_events(chat_group(group.pk))
    post(grace, group, "Now.", reply_to=question.pk)
    assert told.of_type("text_message")[0]["reply"] == {
        "id": str(question.pk),
        "sender_id": ada.pk,
        "sender_name": "Ada Lovelace",
        "content": "When?",
        "seq": question.seq,
        "deleted": False,
    }


def test_a_reply_to_a_message_of_another_chat_is_refused(group, private_chat, ada):
    elsewhere = post(ada, private_chat)
    with pytest.raises(Invalid) as refusal:
        post(ada, group, "Now.", reply_to=elsewhere.pk)
    assert refusal.value.field == "reply_to"


def test_the_time_of_messages_does_not_run_backwards_with_a_clock(group, ada, monkeypatch):
    later = post(ada, group)
    earlier = later.created_at - timedelta(seconds=30)
    monkeypatch.setattr(documents, "now", lambda: earlier)
    assert post(ada, group).created_at == later.created_at
    assert actions.rename_chat(ada, group, "Looms").last_rev == 3
    assert log.head(group.pk).at == later.created_at


def test_a_clock_that_was_far_ahead_once_is_forgotten(group, ada, grace, monkeypatch):
    monkeypatch.setattr(clock, "is_known", True)
    true, ahead = documents.now(), documents.now() + timedelta(hours=2)
    with monkeypatch.context() as wrong:
        wrong.setattr(documents, "now", lambda: ahead)
        assert post(ada, group).created_at == ahead
    assert abs(post(grace, group).created_at - true) < timedelta(minutes=1)
    assert abs(post(ada, group).created_at - true) < timedelta(minutes=1)


def test_before_mongodb_has_told_its_time_nothing_goes_before_the_last_message(
    group, ada, grace, monkeypatch
):
    ahead = documents.now() + timedelta(hours=2)
    with monkeypatch.context() as wrong:
        wrong.setattr(documents, "now", lambda: ahead)
        post(ada, group)
    monkeypatch.setattr(clock, "is_known", False)
    assert post(grace, group).created_at == ahead


def test_the_time_is_that_of_mongodb(group, ada, monkeypatch):
    own = timezone.now()

    def tell(**answer):
        reply = SimpleNamespace(document={"isWritablePrimary": True, **answer})
        clock.succeeded(SimpleNamespace(reply=reply))

    monkeypatch.setattr(clock, "offset", timedelta())
    tell(localTime=(own - timedelta(hours=2)).replace(tzinfo=None))
    assert abs(documents.now() - own + timedelta(hours=2)) < timedelta(minutes=1)
    tell(localTime=own + timedelta(days=1), isWritablePrimary=False)  # of another member
    assert documents.now() < own
    tell(localTime=timezone.now().replace(tzinfo=None))
    assert clock.offset == timedelta()  # a hello takes some time itself


# Reading by sending ------------------------------------------------------------------------------


def test_a_message_of_ones_own_is_read_only_if_nothing_was_unread_before_it(group, ada, grace):
    def marker(user):
        return ReadMarker.objects.of_member(group.pk, user.pk)

    post(ada, group)
    assert (marker(ada), marker(grace)) == (1, 0)
    for _ in range(3):
        post(grace, group)
    assert (marker(ada), marker(grace)) == (1, 0)  # she never saw ada's
    post(ada, group)  # it waited in another tab
    assert marker(ada) == 1
    last = post(grace, group)
    actions.mark_read(ada, group, last)
    post(ada, group)
    post(ada, group)
    assert (marker(ada), marker(grace)) == (8, 0)


def test_an_edit_that_changes_nothing_is_none(group, ada, captured_events):
    message = post(ada, group, "The same")
    told = captured_events(chat_group(group.pk))
    edited = actions.edit_message(ada, group, message, "The same")
    assert (edited.edited_at, edited.changed_rev) == (None, None)
    assert log.head(group.pk).rev == message.rev
    assert told.types() == []


def test_the_private_chat_with_a_deactivated_person_is_found_and_no_new_one_made(
    private_chat, ada, grace, alan
):
    for person in (grace, alan):
        person.is_active = False
        person.save()
    assert actions.create_private_chat(ada, grace.pk) == (private_chat, False)
    with pytest.raises(Invalid):
        actions.create_private_chat(ada, alan.pk)


# Editing and deleting ----------------------------------------------------------------------------


def test_only_the_sender_edits_a_message(group, ada, grace, captured_events):
    message = post(grace, group, "teh")
    told = captured_events(chat_group(group.pk))
    with pytest.raises(Refused):
        actions.edit_message(ada, group, message, "the")
    edited = actions.edit_message(grace, group, message, "the")
    assert (edited.content, edited.rev, edited.changed_rev, edited.seq) == ("the", 1, 2, 1)
    assert edited.edited_at
    assert [(d["content"], d["rev"]) for d in told.of_type("message_edited")] == [("the", 2)]


def test_a_deleted_message_is_a_tombstone_without_content(group, ada, grace, captured_events):
    message = post(grace, group, "secret")
    told = captured_events(chat_group(group.pk))
    actions.delete_message(grace, group, message)
    stored = Message.objects.get(pk=message.pk)
    assert (stored.content, stored.deleted_by, stored.changed_rev) == ("", grace.pk, 2)
    assert told.of_type("message_deleted")[0]["message_id"] == str(message.pk)
    with pytest.raises(Refused):
        actions.edit_message(grace, group, stored, "back")


def test_deleting_twice_tells_once(group, ada, captured_events):
    message = post(ada, group)
    told = captured_events(chat_group(group.pk))
    tombstone = actions.delete_message(ada, group, message)
    actions.delete_message(ada, group, tombstone)
    actions.delete_message(ada, group, message)
    assert told.types() == ["message_deleted"]


def test_deleting_the_message_of_another_needs_the_permission(group, ada, grace, alan):
    message = post(ada, group)
    with pytest.raises(Refused):
        actions.delete_message(grace, group, message)
    actions.set_permissions(ada, group, grace.pk, can_delete_other_messages=True)
    assert actions.delete_message(grace, group, message).deleted_by == grace.pk


def test_a_moderator_deletes_without_being_a_member(group, ada, stranger):
    message = post(ada, group)
    with pytest.raises((Refused, Chat.DoesNotExist)):
        actions.delete_message(stranger, group, message)
    assert actions.delete_message(stranger, group, message, moderator=True).deleted_at


# Reading -----------------------------------------------------------------------------------------


def test_a_marker_moves_forward_only_and_is_told_when_it_moves(group, ada, grace, captured_events):
    first, second = post(ada, group), post(ada, group)
    told = captured_events(chat_group(group.pk))
    assert actions.mark_read(grace, group, second)
    assert not actions.mark_read(grace, group, first)
    assert ReadMarker.objects.of_chat(group)[grace.pk] == 2
    assert told.of_type("message_read") == [
        {
            "message_id": str(second.pk),
            "chat_id": str(group.pk),
            "user_id": grace.pk,
            "seq": 2,
        }
    ]


def test_marks_of_several_people_move_each_marker_forward_and_are_told_together(
    group, private_chat, ada, grace, alan, stranger, captured_events
):
    first, second = post(ada, group), post(ada, group)
    elsewhere = post(ada, private_chat)
    actions.mark_read(alan, group, second)
    told = captured_events(chat_group(group.pk))
    marks = [
        (grace.pk, second.pk),
        (grace.pk, first.pk),
        (alan.pk, first.pk),
        (stranger.pk, first.pk),
        (grace.pk, elsewhere.pk),
        (grace.pk, uuid.uuid4()),
    ]
    found = actions.mark_read_together(group.pk, marks)
    assert found == [True, True, True, False, False, False]
    markers = ReadMarker.objects.of_chat(group)
    assert (markers[grace.pk], markers[alan.pk]) == (2, 2)
    assert told.of_type("message_read") == [
        {
            "message_id": str(second.pk),
            "chat_id": str(group.pk),
            "user_id": grace.pk,
            "seq": 2,
        }
    ]
    assert actions.mark_read_together(group.pk, marks) == found
    assert len(told.of_type("message_read")) == 1
    assert actions.mark_read_together(uuid.uuid4(), marks[:1]) == [False]
    assert not ReadMarker.objects.filter(user_id=stranger.pk).exists()


def test_ones_own_message_is_read(group, ada, grace):
    post(ada, group)
    assert ReadMarker.objects.of_chat(group) == {ada.pk: 1}


# Chats -------------------------------------------------------------------------------------------


def test_a_private_chat_is_unique_for_its_pair_from_both_sides(ada, grace, captured_events):
    told = captured_events(user_group(grace.pk))
    chat, created = actions.create_private_chat(ada, grace.pk)
    same, created_again = actions.create_private_chat(grace, ada.pk)
    assert (chat.pk, created, created_again) == (same.pk, True, False)
    assert told.types() == ["chat_added"]


@pytest.mark.django_db(transaction=True)
def test_a_private_chat_made_many_times_at_once_is_one(ada, grace):
    def create(number):
        user, other = (ada, grace) if number % 2 else (grace, ada)
        try:
            return actions.create_private_chat(user, other.pk)[0].pk
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(create, range(100)))) == 1
    assert Chat.objects.count() == 1


@pytest.mark.parametrize("wrong", ["oneself", "nobody", "the bot", "somebody inactive"])
def test_a_private_chat_needs_another_person(ada, grace, wrong, django_user_model):
    grace.is_active = False
    grace.save()
    bot = django_user_model.objects.bot()
    ids = {"oneself": ada.pk, "nobody": 10**6, "the bot": bot.pk, "somebody inactive": grace.pk}
    with pytest.raises(Invalid) as refusal:
        actions.create_private_chat(ada, ids[wrong])
    assert refusal.value.field == "user_id"
    assert not Chat.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_group_needs_a_name_within_the_limit(ada, name):
    with pytest.raises(Invalid) as refusal:
        actions.create_group(ada, name, [])
    assert refusal.value.field == "name"


def test_a_group_has_a_largest_size(ada, grace, alan, group, stranger, settings):
    settings.CHAT_MAX_MEMBERS = 3
    with pytest.raises(Invalid) as refusal:
        actions.add_members(ada, group, [stranger.pk])
    assert refusal.value.field == "user_ids"
    settings.CHAT_MAX_MEMBERS = 4
    assert stranger.pk in actions.add_members(ada, group, [stranger.pk]).member_ids


def test_only_the_owner_deletes_a_group_and_everything_goes(group, ada, grace, captured_events):
    post(ada, group)
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    told = captured_events(chat_group(group.pk))
    with pytest.raises(Refused):
        actions.delete_chat(grace, group)
    assert Chat.objects.filter(pk=group.pk).exists()
    actions.delete_chat(ada, group)
    run_due()
    for model in (Chat, Message, ChatPermissions, ReadMarker):
        assert not model.objects.exists()
    assert told.types() == ["chat_deleted"]


def test_either_member_deletes_a_private_chat(private_chat, grace):
    actions.delete_chat(grace, private_chat)
    assert not Chat.objects.exists()


def test_renaming_needs_the_right_and_is_told(group, ada, grace, captured_events):
    told = captured_events(chat_group(group.pk))
    with pytest.raises(Refused):
        actions.rename_chat(grace, group, "Looms")
    actions.rename_chat(ada, group, "Looms")
    assert Chat.objects.get(pk=group.pk).name == "Looms"
    assert [(d["name"], d["rev"]) for d in told.of_type("chat_updated")] == [("Looms", 1)]


def test_the_owner_hands_a_group_over_and_may_leave_then(group, ada, grace):
    with pytest.raises(Refused):
        actions.remove_member(ada, group, ada.pk)
    group = actions.transfer_ownership(ada, group, grace.pk)
    assert actions.remove_member(ada, group, ada.pk).member_ids == [grace.pk, group.member_ids[2]]


# Members -----------------------------------------------------------------------------------------


def test_a_member_adds_others_who_have_nothing_unread(group, ada, grace, stranger, captured_events):
    post(ada, group)
    told, theirs = captured_events(chat_group(group.pk)), captured_events(user_group(stranger.pk))
    group = actions.add_members(grace, group, [stranger.pk, ada.pk])
    assert Chat.objects.for_member(stranger).get().pk == group.pk
    assert group.floors == {str(stranger.pk): 1}
    assert [d["user_id"] for d in told.of_type("member_added")] == [stranger.pk]
    assert theirs.types() == ["chat_added"]


def test_many_are_added_at_once_each_with_a_number(group, ada, person, captured_events):
    people = [person(f"p{number}") for number in range(5)]
    told, rev = captured_events(chat_group(group.pk)), group.last_rev
    with sent_commands() as commands:
        chat = actions.add_members(ada, group, [user.pk for user in people])
    assert chat.last_rev == rev + 5
    assert [command.name for command in commands].count("commitTransaction") == 1
    added = [(data["rev"], data["user_id"]) for data in told.of_type("member_added")]
    assert added == [(rev + number, user.pk) for number, user in enumerate(people, 1)]


def test_as_many_commands_add_many_as_add_two(ada, person):
    people = [person(f"person{number}").pk for number in range(302)]
    counts = []
    for ids in (people[:2], people[2:]):
        chat = actions.create_group(ada, "Looms", [])
        with sent_commands() as sent:
            added = actions.add_members(ada, chat, ids)
        assert added.member_ids == [ada.pk, *ids]
        counts.append([one.name for one in sent])
    assert counts[0] == counts[1]
    assert len(counts[0]) < 12


def test_what_a_page_reads_of_markers_does_not_grow_by_those_who_left(group, ada, person):
    message = post(ada, group)
    chat = group
    for number in range(5):
        other = person(f"person{number}")
        chat = actions.add_members(ada, Chat.objects.get(pk=group.pk), [other.pk])
        actions.mark_read(other, chat, message)
        chat = actions.remove_member(other if number % 2 else ada, chat, other.pk)
    assert list(ReadMarker.objects.filter(chat_id=chat.pk).values_list("user_id", flat=True)) == [
        ada.pk
    ]


def test_who_is_added_by_another_at_that_moment_is_added_once(
    group, ada, grace, person, captured_events, monkeypatch
):
    first, second = person("mary"), person("jane")
    told = captured_events(chat_group(group.pk))

    require_room = members.require_room

    def and_another(*args):
        monkeypatch.undo()
        actions.add_members(grace, group, [second.pk])
        require_room(*args)

    monkeypatch.setattr(members, "require_room", and_another)
    chat = actions.add_members(ada, group, [first.pk, second.pk])
    assert chat.member_ids[-2:] == [second.pk, first.pk]
    assert [data["user_id"] for data in told.of_type("member_added")] == [second.pk, first.pk]


def test_an_addition_that_is_cut_short_adds_nobody_or_somebody_with_nothing_unread(
    group, ada, stranger, monkeypatch
):
    post(ada, group)
    group.refresh_from_db()

    def away(*args):
        raise AutoReconnect("away")

    with monkeypatch.context() as outage:
        outage.setattr(events, "broadcast", away)
        with pytest.raises(AutoReconnect):
            actions.add_members(ada, group, [stranger.pk])
    group.refresh_from_db()
    assert stranger.pk in group.member_ids
    assert group.floors == {str(stranger.pk): 1}


def test_a_silenced_member_adds_nobody(group, ada, grace, stranger):
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    group.refresh_from_db()
    with pytest.raises(Refused):
        actions.add_members(grace, group, [stranger.pk])


def test_nobody_joins_or_leaves_a_private_chat(private_chat, ada, grace, stranger):
    for attempt in (
        lambda: actions.add_members(ada, private_chat, [stranger.pk]),
        lambda: actions.remove_member(ada, private_chat, grace.pk),
        lambda: actions.remove_member(ada, private_chat, ada.pk),
        lambda: actions.set_permissions(ada, private_chat, grace.pk, can_send_messages=False),
        lambda: actions.rename_chat(ada, private_chat, "Us"),
    ):
        with pytest.raises(Refused):
            attempt()


def test_removing_another_needs_the_permission_and_leaving_does_not(
    group, ada, grace, alan, captured_events
):
    told = captured_events(chat_group(group.pk))
    with pytest.raises(Refused):
        actions.remove_member(grace, group, alan.pk)
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    actions.remove_member(grace, group, alan.pk)
    actions.remove_member(grace, group, grace.pk)
    assert Chat.objects.get(pk=group.pk).member_ids == [ada.pk]
    removed = told.of_type("member_removed")
    assert [(d["user_id"], d["removed_by"]) for d in removed] == [
        (alan.pk, grace.pk),
        (grace.pk, grace.pk),
    ]


def test_the_owner_cannot_be_removed(group, ada, grace):
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    with pytest.raises(Refused):
        actions.remove_member(grace, group, ada.pk)
    with pytest.raises(Refused):
        actions.remove_member(grace, group, ada.pk, moderator=True)


def test_permissions_of_the_owner_and_ones_own_cannot_be_changed(group, ada, grace, alan):
    actions.set_permissions(ada, group, grace.pk, can_change_permissions=True)
    assert actions.set_permissions(grace, group, alan.pk, can_change_permissions=True)
    actions.set_permissions(ada, group, alan.pk, can_change_permissions=False)
    with pytest.raises(Refused):
        actions.set_permissions(grace, group, ada.pk, can_send_messages=False)
    with pytest.raises(Refused):
        actions.set_permissions(grace, group, grace.pk, can_remove_members=True)
    with pytest.raises(Refused):
        actions.set_permissions(alan, group, grace.pk, can_send_messages=False)


def test_one_permission_changes_and_the_others_stay(group, ada, grace, captured_events):
    told = captured_events(chat_group(group.pk))
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    group.refresh_from_db()
    assert permissions_for(group, grace.pk).as_flags() == {
        "can_send_messages": False,
        "can_change_permissions": False,
        "can_remove_members": True,
        "can_delete_other_messages": False,
    }
    assert told.of_type("permissions_changed")[1]["can_remove_members"] is True


def test_two_who_change_a_member_at_once_lose_neither_change(
    group, ada, grace, alan, captured_events, monkeypatch
):
    """What is told last is what is stored."""
    flags = {"can_change_permissions": True, "can_delete_other_messages": True}
    actions.set_permissions(ada, group, alan.pk, **flags)
    told, store = captured_events(chat_group(group.pk)), ChatPermissionsQuerySet.store
    threads, beside = ThreadPoolExecutor(1), []

    def other():
        try:
            return actions.set_permissions(
                alan, group, grace.pk, can_delete_other_messages=True, can_send_messages=False
            )
        finally:
            connections["default"].close()

    def slow(rows, *args):
        monkeypatch.undo()
        beside.append(threads.submit(other))
        return store(rows, *args)

    monkeypatch.setattr(ChatPermissionsQuerySet, "store", slow)
    flags = {"can_remove_members": True, "can_send_messages": True}
    actions.set_permissions(ada, group, grace.pk, **flags)
    answered = beside[0].result(10).as_flags()
    group.refresh_from_db()
    last = max(told.of_type("permissions_changed"), key=lambda data: data["rev"])
    stored = permissions_for(group, grace.pk).as_flags()
    threads.shutdown()
    assert answered == stored == {name: last[name] for name in ChatPermissions.FLAGS}
    assert stored == {
        "can_send_messages": False,
        "can_change_permissions": False,
        "can_remove_members": True,
        "can_delete_other_messages": True,
    }


def test_who_owned_a_group_for_a_while_may_send_as_it_is_shown(group, ada, grace):
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    group.refresh_from_db()
    group = actions.transfer_ownership(ada, group, grace.pk)
    group = actions.transfer_ownership(grace, group, ada.pk)
    assert permissions_for(group, grace.pk).can_send_messages
    assert permissions_of(group)[grace.pk].can_send_messages
    assert post(grace, group)


def test_a_removed_member_who_comes_back_starts_with_the_defaults(group, ada, grace):
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    group = actions.remove_member(ada, group, grace.pk)
    group = actions.add_members(ada, group, [grace.pk])
    defaults = {name: name == "can_send_messages" for name in ChatPermissions.FLAGS}
    assert permissions_for(group, grace.pk).as_flags() == defaults
    assert post(grace, group)


def test_an_account_leaves_a_group_whose_heir_left_at_that_moment(
    group, ada, grace, alan, monkeypatch
):
    make_owner = accounts.make_owner

    def late(user, chat, new_owner_id, **values):
        monkeypatch.undo()
        actions.remove_member(grace, chat, grace.pk)
        return make_owner(user, chat, new_owner_id, **values)

    monkeypatch.setattr(accounts, "make_owner", late)
    actions.forget_user(ada)
    group.refresh_from_db()
    assert (group.owner_id, group.member_ids) == (alan.pk, [alan.pk])


def test_a_deleted_account_leaves_its_groups_to_the_next_member(group, private_chat, ada, grace):
    actions.forget_user(ada)
    group.refresh_from_db()
    assert (group.owner_id, ada.pk in group.member_ids) == (grace.pk, False)
    assert Chat.objects.for_member(ada).get().pk == private_chat.pk


def test_every_change_of_a_chat_takes_one_change_number(group, ada, grace, alan, stranger):
    message = post(ada, group)
    actions.edit_message(ada, group, message, "edited")
    actions.delete_message(ada, group, message)
    actions.rename_chat(ada, group, "Looms")
    actions.set_permissions(ada, group, grace.pk, can_remove_members=True)
    actions.add_members(ada, group, [stranger.pk])
    actions.remove_member(grace, group, alan.pk)
    assert log.head(group.pk)[:2] == (7, 1)
    rows = log.after(group.pk, 0, 10)
    assert [(row["rev"], row["kind"]) for row in rows] == [
        (1, "text"),
        (2, "message_edited"),
        (3, "message_deleted"),
        (4, "chat_updated"),
        (5, "permissions_changed"),
        (6, "member_added"),
        (7, "member_removed"),
    ]


def test_an_unknown_chat_does_not_exist_for_anybody(ada):
    with pytest.raises(Chat.DoesNotExist):
        actions.post_message(ada, uuid.uuid4(), "Hello")
