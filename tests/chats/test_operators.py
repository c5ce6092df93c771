"""No operator of MongoDB gets into a query: wherever a value comes in, it is refused or is text."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from chats import actions
from chats.models import Chat, Message
from tests.commands_sent import sent_commands
from tests.conftest import PASSWORD
from users.models import User

from .conftest import provider  # noqa: F401 - `ai/…` asks it

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]

OBJECT = "canary-of-an-object"  # comes in objects only, which are never taken
TEXT = "canary-of-a-text"
OBJECTS = [
    {"$gt": OBJECT},
    {"$ne": OBJECT},
    {"$where": f"'{OBJECT}' || true"},
    {"$regex": OBJECT},
    {"$literal": OBJECT},
    {"$expr": {"$eq": [OBJECT, OBJECT]}},
    {"a.b": OBJECT},
    {"__proto__": OBJECT},
    [{"$gt": OBJECT}],
    [[OBJECT]],
]
TEXTS = [
    f"${TEXT}",
    f"$${TEXT}",
    f"$$ROOT.{TEXT}",
    json.dumps({"$gt": TEXT}),
    f"{TEXT}.a.$b",
    f"' || '{TEXT}' == '{TEXT}",
    f"'; return '{TEXT}' == '{TEXT}",
]
NAMES = ["$where", "$expr", "{name}[$ne]", "{name}[$regex]", "{name}.$gt", "$or[0][{name}]"]


@pytest.fixture
def ids(ada, grace, group):
    message, _ = actions.post_message(ada, group.pk, "Hello")
    return {
        "chat_id": str(group.pk),
        "message_id": str(message.pk),
        "user_id": str(grace.pk),
        "session_id": "00000000-0000-4000-8000-000000000000",
        "invitation_id": "00000000-0000-4000-8000-000000000000",
        "attachment_id": "00000000-0000-4000-8000-000000000000",
        "preview_id": "00000000-0000-4000-8000-000000000000",
        "emoji": "\u2764",
    }


@pytest.fixture(autouse=True)
def everybody_invites(settings):
    settings.INVITATIONS = "members"


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document):
    """Method, path, and the operation of everything that needs no password to be called."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            # The account goes, and everything else with it.
            if (method, path) != ("delete", "/api/v1/users/me"):
                yield method, path, operation


def body_schema(document, operation):
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    name = body["schema"]["$ref"].rpartition("/")[2] if body else None
    return document["components"]["schemas"][name] if name else {"properties": {}}


def properties(document, operation):
    """The fields of a body."""
    return body_schema(document, operation)["properties"]


def required(operation):
    """The names of the query parameters that a call needs."""
    return [
        parameter["name"]
        for parameter in operation["parameters"]
        if parameter["in"] == "query" and parameter.get("required")
    ]


def filled(path, ids, **others):
    return path.format(**{**ids, **{name: quote(text, safe="") for name, text in others.items()}})


def walk(value, names=()):
    """Every text in a command, with the names above it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(str(name), (*names, "(name)"))
            yield from walk(inner, (*names, name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from walk(inner, names)
    elif isinstance(value, str):
        yield value, names


def check(commands):
    """What came in stands nowhere but as text; answers how often it was found so."""
    found = 0
    for command in commands:
        for text, names in walk(dict(command.document)):
            assert OBJECT not in text, command.document
            if TEXT not in text:
                continue
            found += 1
            assert names[-1] != "(name)", command.document
            # In a pipeline `$name` is the value of a field, unless it is told to be text.
            in_pipeline = "pipeline" in names or isinstance(command.document.get("update"), list)
            is_stored = "documents" in names or "query" in names or "$match" in names
            assert not in_pipeline or is_stored or "$literal" in names, (names, command.document)
    return found


def test_an_object_in_a_body_is_refused_by_the_name_of_its_field(document, ids, ada, api):
    client, tried = api(ada), 0
    with sent_commands() as commands:
        for method, path, operation in operations(document):
            for name in properties(document, operation):
                for value in OBJECTS:
                    answer = getattr(client, method)(filled(path, ids), {name: value})
                    tried += 1
                    assert answer.status_code == 400, (path, name, value, answer.content)
                    assert name in answer.json(), (path, name, value, answer.json())
    assert tried > 200
    check(commands)


def test_a_name_that_is_an_operator_is_no_field(document, ids, ada, api):
    client, tried = api(ada), 0
    with sent_commands() as commands:
        for method, path, operation in operations(document):
            for field in properties(document, operation):
                for pattern in NAMES:
                    name, url = pattern.format(name=field), filled(path, ids)
                    form = urlencode({name: OBJECT})
                    for answer in (
                        getattr(client, method)(url, {name: OBJECT}),
                        client.generic(method, url, form, "application/x-www-form-urlencoded"),
                    ):
                        tried += 1
                        assert answer.status_code == 400, (path, name, answer.content)
                        assert name in answer.json(), (path, name, answer.json())
    assert tried > 200
    check(commands)


def test_text_in_a_body_is_stored_as_it_is_or_refused(document, ids, ada, api):
    client, stored, tried = api(ada), 0, 0
    with sent_commands() as commands:
        for method, path, operation in operations(document):
            schema = body_schema(document, operation)
            for name in schema["properties"]:
                for text in TEXTS:
                    needed = dict.fromkeys(schema.get("required", []), PASSWORD)
                    if "content" in schema["properties"]:  # or files
                        needed.setdefault("content", PASSWORD)
                    if "username" in needed:
                        needed["username"] = f"person{tried}"
                    if "code" in needed:
                        needed["code"] = "123456"
                    if "email" in needed:
                        needed["email"] = "person@example.org"
                    body = {**needed, name: text}
                    answer = getattr(client, method)(filled(path, ids), body)
                    tried += 1
                    assert answer.status_code < 500, (path, name, text, answer.content)
                    if answer.status_code < 300 and name in answer.json():
                        stored += 1
                        assert answer.json()[name] == text, (path, name)
                    elif answer.status_code == 400:
                        assert name in answer.json(), (path, name, text, answer.json())
    assert tried > 100
    assert stored >= 3 * len(TEXTS)  # content, client_id, the name of a group
    assert check(commands) >= 2 * len(TEXTS)
    contents = set(Message.objects.values_list("content", flat=True))
    assert contents >= set(TEXTS)
    assert set(Chat.objects.values_list("name", flat=True)) >= set(TEXTS)


def test_a_client_id_like_a_field_still_makes_a_message_one(ids, ada, api):
    for text in TEXTS:
        body = {"content": "Hello", "client_id": text}
        answers = [api(ada).post(f"/api/v1/chats/{ids['chat_id']}/messages", body) for _ in "ab"]
        assert [answer.status_code for answer in answers] == [201, 200]
        assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_query_or_a_path_with_an_operator_is_refused(document, ids, ada, api):
    client, tried = api(ada), 0
    text_parameters = {
        ("/api/v1/users", "search"),
        ("/api/v1/chats/directory", "search"),
        ("/api/v1/ai/photo", "query"),
        ("/api/v1/chats/{chat_id}/attachments", "name"),
        ("/api/v1/chats/{chat_id}/attachments", "alt"),
    }

    def ask(method: str, path: str, query: dict[str, str]) -> Any:
        url = f"{filled(path, ids)}?{urlencode(query)}"
        content = {"data": b"x", "content_type": "text/plain"} if method == "post" else {}
        return getattr(client, method)(url, **content)

    with sent_commands() as commands:
        for method, path, operation in operations(document):
            for parameter in operation.get("parameters", []):
                name = parameter["name"]
                if parameter["in"] == "path":
                    for text in (*TEXTS, f"[$ne]={TEXT}", ids[name] + "'", ids[name] + "\x00"):
                        answer = getattr(client, method)(filled(path, ids, **{name: text}))
                        tried += 1
                        refusals = {404, 405, 400} if name == "emoji" else {404, 405}
                        assert answer.status_code in refusals, (path, text, answer.content)
                    continue
                if parameter["in"] == "header":
                    continue  # Range: tests/chats/test_attachments.py
                needed = dict.fromkeys(required(operation), "a")
                for text in TEXTS:
                    answer = ask(method, path, {**needed, name: text})
                    tried += 1
                    if (path, name) in text_parameters:
                        assert answer.status_code in {200, 201, 404} or method == "post"
                    else:
                        assert answer.status_code == 400, (path, name, answer.content)
                        assert name in answer.json()
                for pattern in NAMES:
                    wrong = pattern.format(name=name)
                    answer = ask(method, path, {**needed, wrong: OBJECT})
                    tried += 1
                    assert answer.status_code == 400, (path, wrong, answer.content)
                    assert wrong in answer.json()
    assert tried > 300
    check(commands)


PAGES = [
    "/chats/new/?q={value}",
    "/chats/new/?q[$ne]={value}",
    "/chats/groups/?q={value}&page={value}",
    "/chats/new/group/?q={value}&name={value}&member_ids={value}",
    "/chats/{chat_id}/?before={value}",
    "/chats/{chat_id}/?before[$gt]={value}",
    "/chats/{chat_id}/?at={value}",
    "/chats/{chat_id}/members/?q={value}",
    *(
        f"/admin/chats/{model}/?{name}={{value}}"
        for model in ("chat", "message")
        for name in ("q", "q[$ne]", "o", "p", "e", "all", "id__regex", "name__regex", "$where")
    ),
    *(
        f"/admin/chats/message/?{name}={{value}}"
        for name in ("chat_id", "chat_id[$ne]", "sender_id", "content__regex", "created_at__gte")
    ),
]
FORMS = {
    "/chats/{chat_id}/send/": ("content", "client_id", "reply_to"),
    "/chats/{chat_id}/rename/": ("name",),
    "/chats/new/group/": ("name", "member_ids", "q"),
    "/chats/{chat_id}/members/add/": ("user_id",),
}


def test_the_pages_and_the_admin_take_operators_as_text(ids, ada):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(ada)
    with sent_commands() as commands:
        for page in PAGES:
            for value in TEXTS:
                answer = client.get(page.format(value=quote(value, safe=""), **ids))
                assert answer.status_code in {200, 302, 400}, (page, value, answer.status_code)
        for page, names in FORMS.items():
            for name in names:
                for value in TEXTS:
                    data = {"content": "Hello", name: value, f"{name}[$ne]": OBJECT}
                    answer = client.post(page.format(**ids), data)
                    assert answer.status_code in {200, 302, 400}, (page, value, answer.content)
    assert check(commands) > 0
    assert set(Message.objects.values_list("content", flat=True)) >= set(TEXTS)
    assert Chat.objects.get(pk=ids["chat_id"]).name == TEXTS[-1]
