"""Accounts over the API: registering, tokens and their end, one's own account, finding people."""

import json
import re
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIClient

from chats import actions as chat_actions
from chats.events import user_group
from chats.models import Chat, Message
from tests.conftest import PASSWORD
from tests.jobs import run_due
from users import actions
from users.actions import deactivate
from users.api.registration_serializers import RegisterSerializer
from users.models import SignIn, User
from users.signing_in import tokens

pytestmark = pytest.mark.django_db

ME = "/api/v1/users/me"


@pytest.fixture
def client():
    return APIClient()


def login(client, username="ada", password=PASSWORD):
    return client.post("/api/v1/auth/login", {"username": username, "password": password})


def me(access):
    return APIClient().get(ME, headers={"Authorization": f"Bearer {access}"})


def refresh(client, token):
    return client.post("/api/v1/auth/refresh", {"refresh": token})


# Registering -------------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_registering_signs_in(client, slash):
    fields = {"username": "mary", "password": PASSWORD, "first_name": "Mary"}
    answer = client.post(f"/api/v1/auth/register{slash}", fields)
    assert answer.status_code == 201
    assert answer.json()["user"]["username"] == "mary"
    assert "password" not in answer.content.decode()
    assert me(answer.json()["access"]).json()["first_name"] == "Mary"


BAD_FIELDS = [
    ("username", ""),
    ("username", "   "),
    ("username", "x" * 151),
    ("username", "a b"),
    ("username", "ADA"),
    ("username", "ａda"),  # full width: compatible with ada
    ("username", "émile"),
    ("username", "Assistant"),  # the bot's
    ("username", "a\x00b"),
    ("username", "\ud800"),
    ("username", None),
    ("username", 5.5),
    ("username", {"$gt": ""}),
    ("password", "short"),
    ("password", "12345678901"),
    ("password", "password"),
    ("password", ""),
    ("password", "x" * 4097),
    ("email", "no address"),
    ("first_name", "Mary\nhttps://elsewhere.example"),
    ("is_staff", True),
    ("is_superuser", True),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_is_named_and_no_account_is_made(client, ada, field, value):
    fields = {"username": "mary", "password": PASSWORD, field: value}
    answer = client.post(
        "/api/v1/auth/register", json.dumps(fields), content_type="application/json"
    )
    assert answer.status_code == 400
    assert field in answer.json()
    assert User.objects.count() == 1


def test_a_name_that_somebody_takes_after_the_check_is_named_too(db):
    serializer = RegisterSerializer(data={"username": "mary", "password": PASSWORD})
    assert serializer.is_valid()
    User.objects.create_user("Mary")
    with pytest.raises(ValidationError) as refusal:
        serializer.save()
    assert set(refusal.value.detail) == {"username"}


# Signing in and out ------------------------------------------------------------------------------


def test_a_user_name_is_the_same_in_any_case(client, ada):
    assert login(client, "ADA").status_code == 200


def test_a_user_name_is_no_other_that_a_database_takes_for_it(client, person):
    person("kitty", "Kitty")
    for other in ("k\u0131tty", "K\u0130TTY", "k tty", "k_tty", "kitt%"):
        assert login(client, other).status_code == 401
    assert login(client, "KITTY").status_code == 200


def test_an_account_is_found_by_the_index_of_the_rule_that_names_are_unique(ada):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # or it reads a small table as it is
            cursor.execute("SET LOCAL enable_seqscan = off")
    assert "user_username_any_case" in User.objects.called("ada").explain()


def test_of_many_who_take_a_name_at_once_one_has_it(at_once):
    names = zip(["twin", "Twin", "TWIN", "tWin"] * 5, range(20), strict=True)

    def register():
        name, number = next(names)
        fields = {"username": name, "password": f"{PASSWORD} {number}"}  # those of twenty people
        return APIClient().post("/api/v1/auth/register", fields)

    answers = at_once(20, register)
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 19
    assert all("username" in answer.json() for answer in answers if answer.status_code == 400)
    assert User.objects.filter(username__iexact="twin").count() == 1


def test_an_unknown_account_and_a_wrong_password_are_the_same_answer(client, ada, monkeypatch):
    hashed = []
    monkeypatch.setattr(
        hashers.MD5PasswordHasher,
        "encode",
        lambda self, password, salt: hashed.append(password) or "md5$x$y",
    )
    answers = [login(client, "nobody", "wrong"), login(client, "ada", "wrong")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
    assert hashed == ["wrong", "wrong"]  # as much work for either


def test_a_used_refresh_token_ends_its_sign_in_and_no_other(client, ada):
    first, other = login(client).json(), login(client).json()
    second = refresh(client, first["refresh"]).json()
    assert me(second["access"]).status_code == 200
    assert refresh(client, first["refresh"]).status_code == 401  # reused: somebody has a copy
    assert refresh(client, second["refresh"]).status_code == 401
    assert me(second["access"]).status_code == 401
    assert me(other["access"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_uses_at_once_one_gets_tokens_and_the_reuse_ends_them(ada, at_once):
    token = tokens.sign_in(ada)["refresh"]
    answers = at_once(8, lambda: refresh(APIClient(), token))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]
    assert not SignIn.objects.exists()
    pair = next(answer.json() for answer in answers if answer.status_code == 200)
    assert me(pair["access"]).status_code == 401
    assert refresh(APIClient(), pair["refresh"]).status_code == 401


def test_signing_in_clears_expired_tokens_of_the_same_person_away(ada, grace):
    for user in (ada, grace):
        tokens.sign_in(user)
    SignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tokens.sign_in(ada)
    assert [SignIn.objects.filter(user=user).count() for user in (ada, grace)] == [1, 1]
    assert SignIn.objects.get(user=ada).expires_at > timezone.now()


@pytest.mark.parametrize("kind", ["access", "nonsense", "unsigned", "foreign", "old"])
def test_only_a_good_refresh_token_is_taken(client, ada, kind):
    pair = tokens.sign_in(ada)
    claims = jwt.decode(pair["refresh"], options={"verify_signature": False})
    past = int((timezone.now() - timedelta(seconds=5)).timestamp())
    bad = {
        "access": pair["access"],
        "nonsense": "nonsense",
        "unsigned": jwt.encode(claims, None, "none"),
        "foreign": jwt.encode(claims, "another key of at least thirty-two bytes", "HS256"),
        "old": jwt.encode({**claims, "exp": past}, settings.TOKEN_KEY, "HS256"),
    }
    assert refresh(client, bad[kind]).status_code == 401
    assert refresh(client, pair["refresh"]).status_code == 200


def test_a_refresh_token_is_no_access_token(ada):
    pair = tokens.sign_in(ada)
    assert me(pair["access"]).status_code == 200
    answer = me(pair["refresh"])
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_access_token_ends_by_itself(ada, settings):
    settings.ACCESS_TOKEN_LIFETIME = -1
    assert me(tokens.sign_in(ada)["access"]).status_code == 401


def test_signing_out_ends_both_tokens_at_once(client, ada, captured_events):
    closings = captured_events(user_group(ada.pk))
    pair = login(client).json()
    headers = {"Authorization": f"Bearer {pair['access']}"}
    assert client.post("/api/v1/auth/logout", headers=headers).status_code == 204
    assert me(pair["access"]).status_code == 401
    assert refresh(client, pair["refresh"]).status_code == 401
    assert [closing["code"] for closing in closings.closings()] == [4401]


def test_tokens_end_with_the_password_wherever_it_is_changed(client, ada):
    pair = login(client).json()
    assert me(pair["access"]).status_code == 200
    ada.set_password("another long battery")  # as a management command does
    ada.save()
    assert me(pair["access"]).status_code == 401
    assert refresh(client, pair["refresh"]).status_code == 401
    assert login(client, password="another long battery").status_code == 200


def test_a_deactivated_account_is_refused_at_once(client, ada):
    pair = login(client).json()
    deactivate(ada)
    assert me(pair["access"]).status_code == 401
    assert refresh(client, pair["refresh"]).status_code == 401
    assert login(client).status_code == 401


# One's own account -------------------------------------------------------------------------------


def test_one_changes_ones_own_names_and_address(api, ada):
    client = api(ada)
    answer = client.patch(ME, {"first_name": "Augusta"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Augusta Lovelace")
    for field, value in (
        ("username", "other"),
        ("is_bot", True),
        ("is_staff", True),
        ("email", "x"),
        ("first_name", "\ud800"),
        ("first_name", 5),
        ("first_name", "Ada\nLovelace"),
        ("last_name", "Lovelace\x1b[1m"),
        ("last_name", "Love\u2028lace"),
        ("pending_email", "x@example.org"),
    ):
        answer = client.patch(ME, json.dumps({field: value}), content_type="application/json")
        assert (answer.status_code, list(answer.json())) == (400, [field])
    ada.refresh_from_db()
    assert (ada.username, ada.is_staff, ada.first_name) == ("ada", False, "Augusta")


def test_a_deleted_account_leaves_no_name_and_its_messages_stay(
    api, client, ada, grace, group, private_chat
):
    message, _ = chat_actions.post_message(ada, private_chat.pk, "I was here")
    pair = login(client).json()
    actions.delete_account(ada)
    run_due()
    ada.refresh_from_db()
    assert (ada.is_active, ada.email, ada.name) == (False, "", "Deleted user")
    assert re.fullmatch(r"deleted-\d+-[0-9a-f]{8}", ada.username)
    assert me(pair["access"]).status_code == 401
    assert login(client).status_code == 401
    assert Message.objects.get(pk=message.pk).content == "I was here"
    assert ada.pk not in Chat.objects.get(pk=group.pk).member_ids


# Finding people ----------------------------------------------------------------------------------


def test_people_are_found_by_the_beginning_of_their_names(api, ada, grace, alan):
    grace.is_active = False
    grace.save()
    User.objects.bot()

    def found(text):
        answer = api(ada).get("/api/v1/users/", {"search": text})
        assert answer.status_code == 200
        return [row["username"] for row in answer.json()["results"]]

    assert found("AL") == ["alan"]
    assert found("tur") == ["alan"]
    assert found("grace") == []  # not active
    assert found("assist") == []  # the bot
    assert found("ada") == []  # oneself
    assert found("%") == []


def test_people_are_found_however_their_names_are_typed(api, ada, grace, person):
    jose = person("jose.garcia", "Jos\u00e9", "Garc\u00eda M\u00e1rquez")
    elodie = person("elodie_l", "\u00c9lodie", "L\u2019H\u00f4te")
    strasse = person("strasse", "\u0130brahim", "Gro\u00df \u0141\u00f3d\u017a")
    kanji = person("li", "\u674e\u5c0f\u9f8d", "")
    hindi = person("priya", "\u092a\u094d\u0930\u093f\u092f\u093e", "")

    def found(text):
        answer = api(ada).get("/api/v1/users", {"search": text})
        assert answer.status_code == 200
        return [row["username"] for row in answer.json()["results"]]

    typed = {
        grace: ["Grace Hopper", "grace h", "Hopper G", "hopper, grace", "@grace", " GRACE ", "hop"],
        jose: [
            "Jos\u00e9",
            "Jose",
            "JOSE\u0301 marq",
            "garcia jose",
            "@jose.garcia",
            "jose.g",
            "GARC\u00cdA",
        ],
        elodie: [
            "\u00e9lodie",
            "\u00c9lodie",
            "elodie",
            "L'Hote",
            "l\u2019h\u00f4te",
            "@elodie_l",
            "\uff45lodie",
        ],
        strasse: ["ibrahim", "\u0130brahim", "gross", "GRO\u00df", "Lodz", "\u0142\u00f3d\u017a"],
        kanji: ["\u674e", "\u674e\u5c0f"],
        hindi: ["\u092a\u094d\u0930\u093f"],
    }
    for someone, texts in typed.items():
        for text in texts:
            assert found(text) == [someone.username], text
    for text in ("opper", "grace x", "grace grace hopperx", "@", "%", "_", "' OR 1=1", "\u5c0f"):
        assert found(text) == [], text
    grace.last_name = "Murray"
    grace.save()
    assert (found("grace murray"), found("hopper")) == (["grace"], [])


@pytest.mark.parametrize(
    ("name", "value"), [("search", ""), ("search", "x" * 151), ("limit", "0"), ("offset", "-1")]
)
def test_a_bad_parameter_is_named(api, ada, name, value):
    answer = api(ada).get("/api/v1/users/", {"search": "a", name: value})
    assert (answer.status_code, list(answer.json())) == (400, [name])


def test_nothing_private_is_told_of_others(api, ada, grace):
    row = api(ada).get("/api/v1/users/?search=grace").json()["results"][0]
    assert row.keys() == {"id", "username", "name", "is_bot"}
