"""There is always somebody active who can rename, hand over and delete a group, if anybody is."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from pymongo.errors import ServerSelectionTimeoutError

from chatproject.jobs.models import Job
from chatproject.stores.mongodb.documents import now
from chats import actions
from chats.errors import Invalid
from chats.events import chat_group
from chats.models import Chat
from tests.jobs import run_due
from users import endings
from users.actions import activate, deactivate, delete_account

pytestmark = pytest.mark.django_db


def owner_of(chat):
    return Chat.objects.get(pk=chat.pk).owner_id


@pytest.fixture
def moderator(person):
    user = person("moderator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="moderate_chat"))
    return user


def test_a_group_is_handed_to_nobody_inactive(group, ada, grace, alan, api, client):
    deactivate(grace)
    run_due()
    url = f"/api/v1/chats/{group.pk}"
    answer = api(ada).patch(url, {"owner_id": grace.pk})
    assert (answer.status_code, list(answer.json())) == (400, ["owner_id"])
    client.force_login(ada)
    page = client.post(f"/chats/{group.pk}/members/{grace.pk}/owner/")
    assert page.status_code == 400
    assert "must be active" in page.content.decode()
    assert owner_of(group) == ada.pk
    assert api(ada).patch(url, {"owner_id": alan.pk}).status_code == 200
    assert owner_of(group) == alan.pk


def test_a_group_of_a_deactivated_owner_passes_to_an_active_member(
    group, ada, grace, alan, captured_events
):
    told = captured_events(chat_group(group.pk))
    deactivate(grace)
    deactivate(ada)
    run_due()
    assert owner_of(group) == alan.pk
    assert [event["owner_id"] for event in told.of_type("chat_updated")] == [alan.pk]
    assert actions.rename_chat(alan, Chat.objects.get(pk=group.pk), "Looms").name == "Looms"


def test_one_whom_nobody_can_take_passes_to_whoever_is_activated(group, ada, grace, alan):
    for user in (grace, alan, ada):
        deactivate(user)
    run_due()
    assert owner_of(group) == ada.pk
    activate(alan)
    run_due()
    assert owner_of(group) == alan.pk


def test_one_whose_owner_was_alone_passes_to_whoever_joins(ada, grace, alan):
    chat = actions.change_access(ada, actions.create_group(ada, "Looms", []), access="open")
    actions.join_group(alan, chat.pk)
    assert owner_of(chat) == ada.pk
    actions.remove_member(alan, Chat.objects.get(pk=chat.pk), alan.pk)
    deactivate(ada)
    run_due()
    assert owner_of(chat) == ada.pk
    actions.join_group(grace, chat.pk)
    assert owner_of(chat) == grace.pk


def test_a_group_that_is_handed_over_at_this_moment_is_found_later(group, ada, grace, alan):
    deactivate(ada)
    run_due()
    Chat.objects.filter(pk=group.pk).update(owner_id=ada.pk)  # by a request that was under way
    later = Job.objects.get(kind="account_activity")
    assert now() < later.due <= now() + endings.SWEEP
    Job.objects.filter(pk=later.pk).update(due=now())
    run_due()
    assert owner_of(group) == grace.pk


def test_a_moderator_deactivates_while_mongodb_is_away(ada, monkeypatch, caplog):
    def fail(*_, **__):
        raise ServerSelectionTimeoutError("No primary")

    monkeypatch.setattr(type(Job.objects.all()), "add", fail)
    deactivate(ada)
    ada.refresh_from_db()
    assert not ada.is_active
    assert "Groups may keep an inactive owner" in caplog.text


def test_a_deleted_owner_is_followed_by_somebody_active(group, ada, grace, alan):
    deactivate(grace)
    delete_account(ada)
    run_due()
    assert owner_of(group) == alan.pk


def test_a_moderator_hands_a_group_over_and_removes_who_owned_it(
    group, ada, grace, alan, moderator, client
):
    client.force_login(moderator)
    deactivate(alan)
    page = reverse("admin:chats_chat_change", args=[group.pk])
    urls = {
        user: reverse("admin:chats_chat_make_owner", args=[group.pk, user.pk])
        for user in (ada, grace, alan)
    }
    shown = client.get(page).content.decode()
    assert [url in shown for url in urls.values()] == [False, True, False]
    assert "Grace Hopper of Engines" in client.get(urls[grace]).content.decode()
    assert owner_of(group) == ada.pk
    answer = client.post(urls[grace], follow=True).content.decode()
    assert "Grace Hopper is the owner now." in answer
    assert owner_of(group) == grace.pk
    assert "must be active" in client.post(urls[alan], follow=True).content.decode()
    client.post(reverse("admin:chats_chat_remove_member", args=[group.pk, ada.pk]))
    assert ada.pk not in Chat.objects.get(pk=group.pk).member_ids


def test_nobody_else_hands_a_group_over_in_the_admin(group, grace, alan, person, client):
    client.force_login(person("clerk", is_staff=True))
    url = reverse("admin:chats_chat_make_owner", args=[group.pk, grace.pk])
    assert client.post(url).status_code == 403
    with pytest.raises(Exception, match="Only the owner"):
        actions.transfer_ownership(alan, group, grace.pk)
    with pytest.raises(Invalid):
        actions.transfer_ownership(alan, group, 10**9, moderator=True)
