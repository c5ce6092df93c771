"""What one request writes doesn't undo what another wrote since it had read the row."""

import pytest
from django.db.models.signals import pre_save
from django.test import Client
from rest_framework.test import APIClient

from tests.conftest import PASSWORD
from users import actions
from users.models import User
from users.signing_in import tokens

pytestmark = pytest.mark.django_db

BANNED = {"is_active": False, "is_staff": False, "password": "!of another request"}
NEW_PASSWORD = "another long battery"


def by_api(ada):
    headers = {"Authorization": f"Bearer {tokens.sign_in(ada)['access']}"}
    answer = APIClient().patch("/api/v1/users/me", {"first_name": "Augusta"}, headers=headers)
    assert answer.status_code == 200


def by_page(ada):
    client = Client()
    client.force_login(ada)
    fields = {"first_name": "Augusta", "last_name": "King", "email": "augusta@example.org"}
    assert client.post("/accounts/profile/", fields).status_code == 302


def by_admin(ada):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    page = f"/admin/users/user/{ada.pk}/change/"
    form = client.get(page).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value not in (None, [], False)}
    for name in ("last_login", "date_joined"):
        if moment := fields.pop(name, None):
            fields |= {f"{name}_0": moment.date().isoformat(), f"{name}_1": f"{moment:%H:%M:%S}"}
    answer = client.post(page, {**fields, "first_name": "Augusta"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors


@pytest.mark.parametrize("save", [by_api, by_page, by_admin])
def test_a_profile_that_is_saved_undoes_no_ban_and_no_password(save, ada):
    ada.is_staff = True
    ada.save()

    def meanwhile(instance, **_):
        if instance == ada and instance.first_name == "Augusta":
            User.objects.filter(pk=ada.pk).update(**BANNED)

    pre_save.connect(meanwhile, sender=User)
    try:
        save(ada)
    finally:
        pre_save.disconnect(meanwhile, sender=User)
    row = User.objects.values(*BANNED, "first_name").get(pk=ada.pk)
    assert row == {**BANNED, "first_name": "Augusta"}


def test_a_password_that_is_changed_undoes_no_ban(ada):
    client = Client()
    client.force_login(ada)

    def meanwhile(instance, **_):
        if not instance.check_password(PASSWORD):
            User.objects.filter(pk=ada.pk).update(is_active=False)

    pre_save.connect(meanwhile, sender=User)
    try:
        fields = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        client.post("/accounts/password/", {"old_password": PASSWORD, **fields})
    finally:
        pre_save.disconnect(meanwhile, sender=User)
    row = User.objects.get(pk=ada.pk)
    assert row.check_password(NEW_PASSWORD)
    assert not row.is_active


def test_what_was_changed_is_saved_whatever_was_read_between(ada):
    user = User.objects.defer("last_login", "email").get(pk=ada.pk)
    user.first_name = "Augusta"
    assert user.last_login is None
    user.refresh_from_db(fields=["last_name"])
    user.last_name = "King"
    user.save(update_fields=["last_name"])
    user.email = "augusta@example.org"
    user.save()
    ada.refresh_from_db()
    assert (ada.name, ada.email) == ("Augusta King", "augusta@example.org")


def test_a_deletion_leaves_nothing_that_another_request_wrote(ada):
    User.objects.filter(pk=ada.pk).update(email="new@example.org", is_staff=True, first_name="Lady")
    actions.delete_account(ada)
    row = User.objects.get(pk=ada.pk)
    assert (row.email, row.is_staff, row.name) == ("", False, "Deleted user")
