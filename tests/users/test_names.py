"""What people are called, which a process remembers for a second."""

import pytest

from users import names
from users.models import User

pytestmark = pytest.mark.django_db


def called(*people):
    return {
        pk: name.name for pk, name in User.objects.names(person.pk for person in people).items()
    }


def test_a_name_is_asked_for_once(ada, grace, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert called(ada, grace) == {ada.pk: "Ada Lovelace", grace.pk: "Grace Hopper"}
    with django_assert_num_queries(0):
        assert called(grace, ada) == {ada.pk: "Ada Lovelace", grace.pk: "Grace Hopper"}
    with django_assert_num_queries(0):
        assert called() == {}


def test_another_name_is_there_at_once_in_this_process(ada):
    called(ada)
    ada.last_name = "King"
    ada.save()
    assert called(ada) == {ada.pk: "Ada King"}


def test_another_name_of_another_process_is_there_after_a_second(ada, grace, monkeypatch):
    called(ada)
    User.objects.filter(pk=ada.pk).update(last_name="King")
    assert called(ada, grace) == {ada.pk: "Ada Lovelace", grace.pk: "Grace Hopper"}
    clock = names.time.monotonic
    monkeypatch.setattr(names.time, "monotonic", lambda: clock() + names.KEPT)
    assert called(ada) == {ada.pk: "Ada King"}


def test_a_deleted_account_has_no_name(ada, grace):
    called(ada, grace)
    gone = User(pk=ada.pk)
    ada.delete()
    assert called(gone, grace) == {grace.pk: "Grace Hopper"}


def test_memory_has_a_bound(ada, grace, monkeypatch):
    monkeypatch.setattr(names, "MOST_KEPT", 1)
    assert called(ada, grace) == {ada.pk: "Ada Lovelace", grace.pk: "Grace Hopper"}
    assert len(names._kept) <= 1
