"""`manage.py demo`: people and chats to try the project with."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chats.management import demo
from chats.models import Chat, Message
from users.models import User

pytestmark = pytest.mark.django_db


def test_it_makes_people_with_chats_and_prints_their_passwords(capsys: Any, settings: Any) -> None:
    settings.DEBUG = True
    call_command("demo")

    printed = capsys.readouterr().out
    for person in demo.PEOPLE:
        user = User.objects.get(username=person.username)
        assert user.check_password(person.password)
        assert person.password in printed
    ada = User.objects.get(username="ada")
    names = {chat.name for chat in Chat.objects.for_member(ada)}
    assert demo.GROUP_NAME in names
    assert Message.objects.count() == len(demo.GROUP_LINES) + len(demo.PRIVATE_LINES)
    assert Message.objects.filter(reply_to__isnull=False).exists()


def test_a_second_run_adds_nothing(settings: Any) -> None:
    settings.DEBUG = True
    call_command("demo")
    before = (User.objects.count(), Chat.objects.count(), Message.objects.count())
    call_command("demo")
    assert (User.objects.count(), Chat.objects.count(), Message.objects.count()) == before


def test_the_moderator_may_use_the_admin_and_moderate(settings: Any) -> None:
    settings.DEBUG = True
    demo.create()
    margaret = User.objects.get(username="margaret")
    assert margaret.is_staff
    assert margaret.has_perm("chats.moderate_chat")
    assert not margaret.is_superuser


@pytest.mark.parametrize(("answer", "people"), [("", 5), ("y", 5), ("YES", 5), ("n", 0), ("x", 0)])
def test_enter_takes_what_is_offered(
    db: None, settings: Any, monkeypatch: Any, answer: str, people: int
) -> None:
    settings.DEBUG = True
    monkeypatch.delenv("DEMO", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    call_command("demo", offer=True)
    assert User.objects.people().count() == (len(demo.PEOPLE) if people else 0)


def test_nothing_is_offered_where_somebody_has_an_account(ada: Any, settings: Any) -> None:
    settings.DEBUG = True
    call_command("demo", offer=True)
    assert User.objects.people().count() == 1


def test_known_passwords_are_refused_outside_development(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="only with DEBUG=1"):
        call_command("demo")
    assert not User.objects.people().exists()
