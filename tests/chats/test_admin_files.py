"""The files of messages in the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from chats import actions

from .files import MARK, PDF, body, image, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(person):
    user = person("moderator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="moderate_chat"))
    return user


def visit(user, message, row=None):
    client = Client()
    client.force_login(user)
    path = f"/admin/chats/message/{message.pk}/"
    return client.get(f"{path}files/{row.pk}/" if row else f"{path}change/", follow=True)


def test_moderators_see_the_files_of_a_message_until_it_is_deleted(ada, grace, group, moderator):
    message, photo = sent(ada, group, image("JPEG"), "photo.jpg")
    assert f"/files/{photo.pk}/" in visit(moderator, message).content.decode()
    loaded = visit(moderator, message, photo)
    assert loaded.status_code == 200
    assert MARK not in body(loaded)
    report, pdf = sent(ada, group, PDF, "report.pdf")
    assert body(visit(moderator, report, pdf)) == PDF
    assert visit(moderator, message, pdf).status_code == 404  # of another message
    assert body(visit(grace, report, pdf)) != PDF  # who is no moderator is asked to sign in
    actions.delete_message(ada, group, report)
    assert visit(moderator, report, pdf).status_code == 404
