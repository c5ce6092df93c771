"""Nobody gives themselves a name that others take for somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db

REGISTER = "/api/v1/auth/register"
SIGN_UP = "/accounts/sign-up/"


def fields(username: str = "zelda", **names: str) -> dict[str, str]:
    return {"username": username, **names}


def register(api: Any, **data: str) -> tuple[int, Any]:
    answer = api().post(REGISTER, {**fields(**data), "password": PASSWORD})
    return answer.status_code, answer.json()


def sign_up(client: Any, **data: str) -> dict[str, list[str]]:
    """The errors of the form; none if the account was made."""
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(SIGN_UP, {**fields(**data), **passwords})
    return {} if answer.status_code == 302 else dict(answer.context["form"].errors)


IMPOSTORS = [
    *("admin", "Admin", "ADMIN", "adm1n", "admln", "admin_", "a.d.m.i.n", "-admin-", "admin1"),
    *("support", "supp0rt", "Moderator", "rnoderator", "root", "r00t", "bot", "everyone"),
    *("graceh0pper", "GRACEHOPPER", "gracehopper"),
]


@pytest.mark.parametrize("username", IMPOSTORS)
def test_a_reserved_user_name_or_one_like_another_is_refused(
    username: str, person: Any, api: Any, client: Any
) -> None:
    person("gracehopper")
    assert register(api, username="gracehoppe")[0] == 201
    code, body = register(api, username=username)
    assert (code, list(body)) == (400, ["username"])
    assert list(sign_up(client, username=username)) == ["username"]
    assert not User.objects.filter(username=username).exclude(username="gracehopper").exists()


NAMES = [
    *("Administrator", "\u0410dministrator", "Adm1n", "\uff21\uff44\uff4d\uff49\uff4e", "Support"),
    *("Chat Support", "The Admin Team", "\U0001d400dmin", "A d m i n", "S\u0443stem"),
    *("\u202erotartsinimda", "Ada\u200b", "\u200b", "\u3164", "\u2800", "Ada\nLovelace", "\u2067"),
    *("Lovel\u0430ce", "\u0391da"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_name_that_isn_t_what_it_looks_like_is_refused(
    name: str, field: str, ada: Any, api: Any, client: Any
) -> None:
    ada.first_name = ada.last_name = ""
    ada.save()
    code, body = register(api, **{field: name})
    assert (code, list(body)) == (400, [field])
    assert list(sign_up(client, **{field: name})) == [field]
    answer = api(ada).patch("/api/v1/users/me", {field: name})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    client.force_login(ada)
    page = client.post("/accounts/profile/", {field: name, "email": ada.email})
    assert list(page.context["form"].errors) == [field]
    ada.refresh_from_db()
    assert ada.name == "ada"


def test_halves_of_a_reserved_name_are_refused_together(ada: Any, api: Any) -> None:
    ada.first_name, ada.last_name = "Jane", "Root"
    ada.save()
    me = api(ada)
    assert me.patch("/api/v1/users/me", {"first_name": "Chat"}).status_code == 400
    assert me.patch("/api/v1/users/me", {"first_name": "Ada"}).status_code == 200


@pytest.mark.parametrize(
    ("first_name", "last_name"),
    [("Jane", "Root"), ("Mark", "Helper"), ("Zoë", ""), ("עדה", "לבלייס"), ("李", "小龍")],
)
def test_people_s_names_are_taken(first_name: str, last_name: str, api: Any) -> None:
    code, body = register(api, first_name=first_name, last_name=last_name)
    assert (code, body["user"]["name"]) == (201, f"{first_name} {last_name}".strip())


def test_staff_may_be_called_what_it_is(person: Any, api: Any) -> None:
    staff = person("zelda", is_staff=True)
    answer = api(staff).patch("/api/v1/users/me", {"first_name": "Support"})
    assert answer.status_code == 200


def test_the_admin_makes_reserved_accounts_and_none_like_another(person: Any, client: Any) -> None:
    client.force_login(person("zelda", is_staff=True, is_superuser=True))
    person("mary")
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    page = client.post("/admin/users/user/add/", {**form, "username": "rnary"})
    assert "looks like" in page.content.decode()
    assert client.post("/admin/users/user/add/", {**form, "username": "support"}).status_code == 302
    assert {user.username for user in User.objects.all()} == {"zelda", "mary", "support"}


def test_of_two_who_look_alike_and_register_at_once_one_is_refused(
    person: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have passed the check; the database decides."""
    person("mary")
    check, asked = type(User.objects.all()).looking_like, []

    def free_at_first(people: Any, username: str) -> Any:
        asked.append(username)
        return people.none() if len(asked) == 1 else check(people, username)

    monkeypatch.setattr(type(User.objects.all()), "looking_like", free_at_first)
    code, body = register(api, username="rnary")
    assert (code, list(body)) == (400, ["username"])


def test_another_user_name_looks_like_itself(ada: Any) -> None:
    ada.username = "aIan"
    ada.save()
    ada.refresh_from_db()
    assert ada.skeleton == "alan"
    ada.username = "mary"
    ada.save(update_fields=["username"])
    ada.refresh_from_db()
    assert ada.skeleton == "mary"


def test_the_names_that_are_reserved_are_a_setting(settings: Any, api: Any) -> None:
    settings.RESERVED_NAMES = ["captain"]
    assert register(api, username="Capta1n")[0] == 400
    assert register(api, username="admin")[0] == 201


@pytest.mark.parametrize(
    "username", ["assistant", "ASSISTANT", "ass1stant", "assistant_", "as.sistant"]
)
def test_nobody_is_called_as_the_bot_whatever_else_is_reserved(
    username: str, settings: Any, person: Any, api: Any, client: Any
) -> None:
    settings.RESERVED_NAMES = ["captain"]
    code, body = register(api, username=username)
    assert (code, list(body)) == (400, ["username"])
    assert list(sign_up(client, username=username)) == ["username"]
    for name in ("Assistant", "\u0410ssistant", "A s s i s t a n t"):
        assert register(api, first_name=name, last_name="")[0] == 400
    client.force_login(person("zelda", is_staff=True, is_superuser=True))
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    page = client.post("/admin/users/user/add/", {**form, "username": username})
    assert page.status_code == 200  # nor by the admin
    assert not User.objects.filter(username=username, is_bot=False).exists()
