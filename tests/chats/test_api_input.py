"""Bad input over the API: a 4xx that names the field, nothing stored."""

import uuid

import pytest
from rest_framework import serializers

from chatproject.rest.fields import ListField, StrictSerializer, WholeNumberField
from chats import actions
from chats.models import Chat, ChatPermissions, Message

pytestmark = pytest.mark.django_db

SURROGATE = b'"\\ud800"'
TOO_LONG = "x" * 10_001


@pytest.fixture
def message(group, ada):
    return actions.post_message(ada, group.pk, "Hello")[0]


@pytest.fixture
def paths(group, grace, message):
    """The paths that take a body, by name."""
    chat = f"/api/v1/chats/{group.pk}"
    return {
        "send": ("post", f"{chat}/messages"),
        "edit": ("patch", f"{chat}/messages/{message.pk}"),
        "read": ("post", f"{chat}/messages/{message.pk}/read"),
        "rename": ("patch", chat),
        "group": ("post", "/api/v1/chats/group"),
        "private": ("post", f"/api/v1/chats/private/{grace.pk}"),
        "members": ("post", f"{chat}/members"),
        "permissions": ("patch", f"{chat}/members/{grace.pk}/permissions"),
    }


@pytest.fixture
def state(paths):
    """A function: everything that is stored, to be compared."""
    return lambda: [
        sorted(model.objects.values_list(), key=str) for model in (Chat, Message, ChatPermissions)
    ]


REFUSED = {
    "send": [
        ({}, "content"),
        ({"content": ""}, "content"),
        ({"content": " \n\t"}, "content"),
        ({"content": "\u200b"}, "content"),
        ({"content": "\u2800 \ufeff"}, "content"),
        ({"content": TOO_LONG}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"content": None}, "content"),
        ({"content": 5}, "content"),
        ({"content": True}, "content"),
        ({"content": ["Hello"]}, "content"),
        ({"content": {"text": "Hello"}}, "content"),
        ({"content": "Hello", "colour": "red"}, "colour"),
        ({"content": "Hello", "sender_id": 1}, "sender_id"),
        ({"content": "Hello", "client_id": "x" * 65}, "client_id"),
        ({"content": "Hello", "client_id": 7}, "client_id"),
        ({"content": "Hello", "client_id": ""}, "client_id"),
        ({"content": "Hello", "reply_to": "7"}, "reply_to"),
        ({"content": "Hello", "reply_to": 7}, "reply_to"),
        ({"content": "Hello", "reply_to": []}, "reply_to"),
        ({"content": "Hello", "reply_to": str(uuid.uuid4())}, "reply_to"),
    ],
    "edit": [
        ({}, "content"),
        ({"content": "  "}, "content"),
        ({"content": "\u2800"}, "content"),
        ({"content": TOO_LONG}, "content"),
        ({"content": "Hello", "seq": 1}, "seq"),
    ],
    "read": [({"seq": 1}, "seq")],
    "rename": [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "\u2800"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": 1}, "name"),
        ({"owner_id": 10**9}, "owner_id"),
        ({"owner_id": "1"}, "owner_id"),
        ({"owner_id": 2**80}, "owner_id"),
        ({"is_group": False}, "is_group"),
        ({"last_seq": 0}, "last_seq"),
    ],
    "group": [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "G", "member_ids": [10**9]}, "member_ids"),
        ({"name": "G", "member_ids": ["1"]}, "member_ids"),
        ({"name": "G", "member_ids": [0]}, "member_ids"),
        ({"name": "G", "member_ids": [2**64]}, "member_ids"),
        ({"name": "G", "member_ids": 1}, "member_ids"),
        ({"name": "G", "member_ids": list(range(1, 1002))}, "member_ids"),
        ({"name": "G", "owner_id": 1}, "owner_id"),
    ],
    "private": [({"title": "P"}, "title")],
    "members": [
        ({}, "user_ids"),
        ({"user_id": 1, "user_ids": [1]}, "user_ids"),
        ({"user_ids": []}, "user_ids"),
        ({"user_id": 10**9}, "user_id"),
        ({"user_ids": [10**9]}, "user_ids"),
        ({"user_id": "one"}, "user_id"),
        ({"user_id": 1.5}, "user_id"),
        ({"user_id": True}, "user_id"),
        ({"user_id": -1}, "user_id"),
        ({"role": "owner"}, "role"),
    ],
    "permissions": [
        ({}, "can_send_messages"),
        ({"can_send_messages": "no"}, "can_send_messages"),
        ({"can_send_messages": 0}, "can_send_messages"),
        ({"can_remove_members": None}, "can_remove_members"),
        ({"can_remove_members": {}}, "can_remove_members"),
        ({"can_fly": True}, "can_fly"),
    ],
}


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        pytest.param(name, body, field, id=f"{name}-{index}-{field}")
        for name, rows in REFUSED.items()
        for index, (body, field) in enumerate(rows)
    ],
)
def test_a_field_out_of_its_limits_is_named_and_nothing_is_stored(
    ada, api, paths, state, name, body, field
):
    method, path = paths[name]
    before = state()
    answer = getattr(api(ada), method)(path, body, format="json")
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == [field]
    assert state() == before


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"hello", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"content": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"9" * 5_000, "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"content": ' + SURROGATE + b"}", "application/json", 400),
        (b"{" + SURROGATE + b": 1}", "application/json", 400),
        (b'{"content": "a", "reply_to": ' + SURROGATE + b"}", "application/json", 400),
        (b'{"content": "a", "client_id": ' + SURROGATE + b"}", "application/json", 400),
        (b'{"content": "' + b"x" * 3_000_000 + b'"}', "application/json", 413),
        (b"content=" + b"x" * 3_000_000, "application/x-www-form-urlencoded", 413),
        (b"content=a&content=b&x=1", "application/x-www-form-urlencoded", 400),
        (b"a=b&" * 1_101, "application/x-www-form-urlencoded", 400),
        (b"no boundary", "multipart/form-data", 400),
        (b"<content/>", "application/xml", 415),
        (b"hello", "text/plain", 415),
    ],
)
@pytest.mark.parametrize("name", ["send", "read"])
def test_a_body_that_cannot_be_read_is_refused(
    ada, token_of, client, paths, state, name, body, content_type, code
):
    client.raise_request_exception = False
    before = state()
    answer = client.generic(
        "POST",
        paths[name][1],
        body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {token_of(ada)}"},
    )
    assert answer.status_code == code, answer.content
    assert answer.json()
    assert state() == before


@pytest.mark.parametrize("depth", [17, 400])
def test_a_body_that_is_nested_deeply_is_refused_whatever_it_says(ada, api, paths, depth):
    deep = '{"reply_to": ' + "[" * (depth - 1) + "]" * (depth - 1) + ', "content": "a"}'
    send = paths["send"][1]
    answer = api(ada).post(send, deep, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json() == {"detail": "JSON parse error - nested too deeply"}
    shallow = '{"reply_to": ' + "[" * 15 + "]" * 15 + ', "content": "a"}'
    assert list(api(ada).post(send, shallow, content_type="application/json").json()) == [
        "reply_to"
    ]


def test_an_error_names_ten_fields_at_most_and_repeats_little(ada, api, paths):
    unknown = api(ada).post(paths["send"][1], {f"field{n}": 1 for n in range(4_000)})
    assert (unknown.status_code, len(unknown.json())) == (400, 10)
    wrong = {"name": "G", "member_ids": [""] * 1_000}
    items = api(ada).post(paths["group"][1], wrong)
    assert (items.status_code, len(items.json()["member_ids"])) == (400, 10)
    for value in ("x" * 200_000, ["x" * 200_000]):
        answer = api(ada).post(paths["send"][1], {"content": "a", "reply_to": value})
        assert answer.status_code == 400
        assert len(answer.content) < 200


@pytest.mark.parametrize(("name", "field"), [("group", "member_ids"), ("members", "user_ids")])
def test_the_length_of_a_list_is_checked_before_its_items(
    ada, api, paths, monkeypatch, name, field
):
    looked_at = []
    monkeypatch.setattr(WholeNumberField, "run_validation", lambda _, item: looked_at.append(item))
    others = {"name": "G"} if name == "group" else {}
    answer = api(ada).post(paths[name][1], {**others, field: [""] * 1_001})
    assert answer.status_code == 400
    assert answer.json()[field] == ["Ensure this field has no more than 1000 elements."]
    assert "" not in looked_at


def test_every_list_that_a_body_takes_is_of_the_one_class():
    lists = {
        (serializer.__name__, name): field
        for serializer in subclasses(StrictSerializer)
        for name, field in serializer().fields.items()
        if isinstance(field, serializers.ListField | serializers.ManyRelatedField)
    }
    assert lists.keys() >= {
        ("GroupSerializer", "member_ids"),
        ("AddMembersSerializer", "user_ids"),
    }
    assert all(isinstance(field, ListField) and field.max_length for field in lists.values())


def subclasses(of):
    """All classes derived from one, which the URL configuration has imported."""
    return {each for child in of.__subclasses__() for each in (child, *subclasses(child))}


def test_a_form_of_too_many_people_is_refused_and_one_of_the_most_is_read(ada, client):
    client.force_login(ada)
    for count in (1_000, 1_001):
        page = client.post("/chats/new/group/", {"name": "G", "member_ids": [10**9] * count})
        assert page.status_code == 400
        assert ("Pick at most 1000 people." in page.content.decode()) == (count == 1_001)
    assert not Chat.objects.exists()


def test_a_query_of_too_many_parameters_is_refused(ada, api):
    answer = api(ada).get("/api/v1/chats?" + "a=b&" * 1_101)
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_lone_surrogate_breaks_no_answer(ada, client, paths, accept):
    client.force_login(ada)
    body = b'{"content": "a", "reply_to": ' + SURROGATE + b"}"
    answer = client.post(
        paths["send"][1], body, content_type="application/json", headers={"Accept": accept}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "no-such-thing",
        "chats/1",
        "chats/not-a-uuid/messages",
        "chats/{chat}/messages/7",
        "chats/{chat}/messages/{chat}x",
        "chats/private/ada",
        "chats/private/-1",
        "chats/private/" + "9" * 30,
        "chats/{chat}/members/me",
        "chats/{chat}/members/" + "9" * 5_000,
        "chats/{chat}/members/" + "9" * 18,
    ],
)
def test_a_path_with_a_bad_id_is_not_there(group, ada, api, path):
    client = api(ada)
    path = "/api/v1/" + path.format(chat=group.pk)
    answers = [client.get(path), client.post(path), client.delete(path)]
    assert 404 in [answer.status_code for answer in answers]
    assert {answer.status_code for answer in answers} <= {404, 405}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}


@pytest.mark.parametrize("accept", ["image/png", "application/json;version=x", "x", "*/*;q=0"])
def test_an_unusual_accept_header_is_answered(group, ada, api, accept):
    answer = api(ada).get(f"/api/v1/chats/{group.pk}", HTTP_ACCEPT=accept)
    assert answer.status_code in (200, 406)


@pytest.mark.parametrize("method", ["put", "delete", "trace"])
def test_a_method_that_a_path_lacks_is_named(ada, api, paths, method):
    answer = api(ada).generic(method, paths["send"][1])
    assert answer.status_code == 405
    assert method.upper() in answer.json()["detail"]


def test_without_the_mongodb_a_client_is_told_when_to_try_again(group, ada, token_of, start_server):
    import httpx2

    away = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200&directConnection=true"
    url = start_server(MONGODB_URI=away).url
    with httpx2.Client(base_url=url, trust_env=False, timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {token_of(ada)}"
        path = f"/api/v1/chats/{group.pk}/messages"
        for answer in (http.get(path), http.post(path, json={"content": "Hello"})):
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert "try again" in answer.json()["detail"]
