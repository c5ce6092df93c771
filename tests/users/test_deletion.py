"""A deleted account: what the page says happens, in SQL, MongoDB, the API and the pages."""

import re

import pymongo
import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.test import Client
from rest_framework.test import APIClient

from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import now
from chats import actions as chat_actions
from chats.events import chat_group, user_group
from chats.models import Chat, ChatPermissions, Message, ReadMarker
from tests.conftest import PASSWORD, give_password
from tests.jobs import claim, run_due
from users import actions, endings
from users.models import Session, SignIn, User
from users.moderators import MODERATORS
from users.signing_in import tokens

pytestmark = pytest.mark.django_db

AGENT, ADDRESS = "Difference/1", "203.0.113.99"
# What tells who it was; in none of it is another word of the tests.
TRACES = ("zelda", "quimby", "example.net", AGENT, ADDRESS)


def by_page(user, client):
    answer = client.post("/accounts/delete/", {"password": PASSWORD})
    assert answer.url == "/accounts/sign-in/"


def by_api(user, client):
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.sign_in(user)['access']}")
    give_password(program)
    assert program.delete("/api/v1/users/me").status_code == 204


def stored():
    """Everything in both stores, as text, by table and collection."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = str(cursor.fetchall())
    database = pymongo.MongoClient(settings.DATABASES["chat"]["HOST"])[
        connections["chat"].settings_dict["NAME"]
    ]
    for name in database.list_collection_names():
        found[name] = str(list(database[name].find()))
    return found


def traces():
    """Where somebody can still be known: what is left of them, by table."""
    return {
        (table, trace)
        for table, text in stored().items()
        for trace in TRACES
        if trace.lower() in text.lower()
    }


@pytest.fixture
def zelda(person):
    user = person("zelda", "Zelda", "Quimby")
    user.email = "zelda@example.net"
    user.save()
    return user


@pytest.fixture
def client(zelda):
    browser = Client(headers={"User-Agent": AGENT}, REMOTE_ADDR=ADDRESS)
    fields = {"username": "zelda", "password": PASSWORD}
    assert browser.post("/accounts/sign-in/", fields).status_code == 302
    return browser


@pytest.fixture
def life(zelda, ada, grace, person):
    """What zelda has done: groups, a private chat, messages, permissions, markers, a ban."""
    own = chat_actions.create_group(zelda, "Own", [ada.pk, grace.pk])
    other = chat_actions.create_group(ada, "Other", [zelda.pk, grace.pk])
    alone = chat_actions.create_group(zelda, "Alone", [])
    private, _ = chat_actions.create_private_chat(zelda, grace.pk)
    for chat in (own, other, private):
        message, _ = chat_actions.post_message(zelda, chat.pk, "I was here")
        answer, _ = chat_actions.post_message(grace, chat.pk, "Yes", reply_to=message.pk)
        chat_actions.mark_read(zelda, chat, answer)
    chat_actions.set_permissions(ada, other, zelda.pk, can_remove_members=True)
    root = Client()
    root.force_login(person("root", is_staff=True, is_superuser=True))
    for action in ("deactivate", "activate"):
        root.post("/admin/users/user/", {"action": action, "_selected_action": [zelda.pk]})
    run_due()
    zelda.refresh_from_db()
    zelda.groups.add(Group.objects.get(name=MODERATORS))
    return {"own": own, "other": other, "alone": alone, "private": private}


@pytest.fixture(params=[by_page, by_api])
def delete(request, life, zelda, client):
    """A function that deletes the account."""
    client.post("/accounts/sign-in/", {"username": "zelda", "password": PASSWORD})
    tokens.sign_in(zelda)

    def erase_and_leave():
        request.param(zelda, client)
        run_due()

    return erase_and_leave


def test_nothing_is_left_that_tells_who_it_was(delete, zelda):
    tables = {table for table, _ in traces()}
    assert tables == {"users_user", "users_signin", "django_admin_log"}  # nothing in MongoDB
    delete()
    assert traces() == set()
    for model in (SignIn, Session):
        assert not model.objects.exclude(**other_people(model)).exists()
    zelda.refresh_from_db()
    flags = (zelda.is_active, zelda.is_staff, zelda.is_superuser, zelda.has_usable_password())
    assert not any(flags)
    assert (zelda.name, zelda.email, zelda.last_login) == ("Deleted user", "", None)
    assert not zelda.groups.exists()


def other_people(model):
    path = "user__username" if model is SignIn else "sign_in__user__username"
    return {path: "root"}


def test_its_groups_go_on_without_it_and_its_messages_stay(delete, life, zelda, ada, grace):
    before = set(Message.objects.values_list("pk", "content"))
    ada.is_active = False  # the next member of its own group, who can't be its owner
    ada.save()
    delete()
    assert set(Message.objects.values_list("pk", "content")) == before
    own, other = (Chat.objects.get(pk=life[name].pk) for name in ("own", "other"))
    assert (own.owner_id, own.member_ids) == (grace.pk, [ada.pk, grace.pk])
    assert (other.owner_id, other.member_ids) == (ada.pk, [ada.pk, grace.pk])
    assert not Chat.objects.filter(pk=life["alone"].pk).exists()
    for model in (ChatPermissions, ReadMarker):
        rows = model.objects.filter(user_id=zelda.pk).values_list("chat_id", flat=True)
        assert set(rows) <= {life["private"].pk}


def test_others_read_its_messages_under_no_name(delete, life, zelda, grace, api):
    delete()
    browser = Client()
    browser.force_login(grace)
    for name in ("own", "other", "private"):
        page = api(grace).get(f"/api/v1/chats/{life[name].pk}/messages").json()
        (message,) = [row for row in page["results"] if row["content"] == "I was here"]
        assert message["sender_name"] == "Deleted user"
        html = browser.get(f"/chats/{life[name].pk}/").content.decode()
        assert "I was here" in html
        assert "Deleted user" in html
        for text in (str(page), html):
            assert not [trace for trace in TRACES if trace.lower() in text.lower()]
    for path in ("/chats/", "/api/v1/chats", "/api/v1/users?search=zelda"):
        text = browser.get(path).content.decode().lower().replace("search=zelda", "")
        assert not re.search("zelda|quimby", text), path


def test_nobody_is_signed_in_to_it_any_more(delete, life, zelda, client, captured_events):
    pair = tokens.sign_in(zelda)
    told = captured_events(user_group(zelda.pk))
    group = captured_events(chat_group(life["other"].pk))
    delete()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert APIClient().get("/api/v1/users/me", headers=headers).status_code == 401
    again = APIClient().post("/api/v1/auth/refresh", {"refresh": pair["refresh"]})
    assert again.status_code == 401
    assert client.get("/accounts/profile/").status_code == 302
    login = {"username": "zelda", "password": PASSWORD}
    assert APIClient().post("/api/v1/auth/login", login).status_code == 401
    assert {closing["code"] for closing in told.closings()} == {4401}
    assert [data["user_id"] for data in group.of_type("member_removed")] == [zelda.pk]
    # The name is free again.
    User.objects.create_user("zelda", password=PASSWORD)
    assert APIClient().post("/api/v1/auth/login", login).status_code == 200


def test_whoever_is_in_many_groups_is_answered_at_once(life, zelda, client, monkeypatch):
    told = []
    monkeypatch.setattr(chat_actions.accounts, "_leave_group", lambda *_: told.append(1))
    by_page(zelda, client)
    zelda.refresh_from_db()
    assert (told, zelda.is_active, traces()) == ([], False, set())
    assert client.get("/accounts/profile/").status_code == 302
    assert Job.objects.get(kind="deleted_account").key == str(zelda.pk)


def test_a_worker_that_dies_among_its_groups_is_followed_by_another(life, zelda, ada, monkeypatch):
    leave = chat_actions.accounts._leave_group

    def leave_and_die(user, chat):
        leave(user, chat)
        raise SystemExit

    actions.delete_account(zelda)
    monkeypatch.setattr(chat_actions.accounts, "_leave_group", leave_and_die)
    job = claim()
    with pytest.raises(SystemExit):
        endings.DELETED_ACCOUNT.work(job)
    groups = Chat.objects.filter(is_group=True, member_ids__contains=[zelda.pk])
    assert groups.count() == 2  # of three
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(due=now())  # as when the lease of the dead has ended
    run_due()
    assert groups.count() == 0


def test_a_process_that_dies_as_it_erases_an_account_is_followed_by_a_worker(zelda, monkeypatch):
    monkeypatch.setattr(endings, "_erase", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.delete_account(zelda)
    monkeypatch.undo()
    assert traces()
    run_due()
    zelda.refresh_from_db()
    assert (zelda.is_active, zelda.name, zelda.email) == (False, "Deleted user", "")


def test_a_group_that_adds_it_at_this_moment_loses_it_too(life, zelda, ada):
    actions.delete_account(zelda)
    run_due()
    group = chat_actions.create_group(ada, "Late", [])
    # By a request that had looked for the account before it was deleted.
    Chat.objects.filter(pk=group.pk).update(member_ids=[ada.pk, zelda.pk])
    again = Job.objects.get(kind="deleted_account")
    assert now() < again.due <= now() + endings.SWEEP
    Job.objects.filter(pk=again.pk).update(due=now())
    run_due()
    assert Chat.objects.get(pk=group.pk).member_ids == [ada.pk]
    assert not Job.objects.filter(kind="deleted_account").exists()
