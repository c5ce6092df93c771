"""Ids of people are never given twice, whatever is restored."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from chatproject.jobs.models import Job
from chats import actions
from chats.management.lost_people import all_lost, newest_lost
from chats.models import Chat, Message
from tests.jobs import run_due
from users import ids
from users.models import User

MOST = 2**53 - 1  # what a browser can count to


def test_each_is_new_also_when_the_clock_goes_back(monkeypatch):
    found = [ids.new_id() for _ in range(10_000)]
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_800_000_000 * 10**9)
    found += [ids.new_id() for _ in range(100)]
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_700_000_000 * 10**9)
    found += [ids.new_id() for _ in range(100)]
    assert found == sorted(set(found))
    assert 0 < found[0] < found[-1] < MOST


@pytest.mark.django_db(transaction=True)
def test_whoever_registers_after_an_old_backup_of_sql_is_in_nobody_s_chat(ada, grace, person):
    carol = person("carol")
    chat, _ = actions.create_private_chat(ada, carol.pk)
    # The backup was made before carol came; the sequence of the table goes back, too.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM users_user WHERE id = %s", [carol.pk])
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'users_user'")
    newcomer = User.objects.create_user("newcomer")
    assert newcomer.pk > carol.pk
    assert not Chat.objects.for_member(newcomer).exists()
    assert chat.pk == Chat.objects.for_member(ada).get().pk


@pytest.mark.django_db(transaction=True)
def test_sql_that_is_older_than_mongodb_is_refused_until_it_is_mended(
    group, ada, grace, alan, private_chat
):
    actions.post_message(grace, group.pk, "I was here")
    actions.transfer_ownership(ada, group, grace.pk)
    call_command("migrate_all", verbosity=0)
    grace_id = grace.pk
    User.objects.filter(pk=grace_id).delete()  # as the backup doesn't have her
    for _ in range(2):
        with pytest.raises(CommandError, match=f"no account {grace_id}.*forget_lost_people"):
            call_command("migrate_all", verbosity=0)
    call_command("forget_lost_people")
    call_command("migrate_all", verbosity=0)
    run_due()
    group.refresh_from_db()
    assert (group.owner_id, group.member_ids) == (ada.pk, [ada.pk, alan.pk])
    lost = User.objects.get(pk=grace_id)
    assert (lost.name, lost.is_active, lost.has_usable_password()) == ("Deleted user", False, False)
    assert Message.objects.get(content="I was here").sender_id == grace_id
    call_command("forget_lost_people")  # finds nobody
    assert not Job.objects.filter(kind="deleted_account", key=str(grace_id)).exists()


@pytest.mark.django_db(transaction=True)
def test_lost_people_who_have_left_and_whose_messages_stayed_are_found(group, ada, grace):
    actions.post_message(grace, group.pk, "I was here")
    actions.remove_member(grace, group, grace.pk)
    User.objects.filter(pk=grace.pk).delete()
    assert newest_lost() == []
    assert list(all_lost()) == [grace.pk]
