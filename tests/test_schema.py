"""The OpenAPI schema: valid, complete, and kept by every answer, whatever is sent."""

from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans, one_of
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from chatproject.rest import schema
from chatproject.wsgi import application
from chats import actions
from chats.api import chat_serializers, member_serializers, message_serializers
from chats.models import Attachment, Chat, Message, MessageRow, Preview
from chats.models.read_marker import Readers
from chats.representation import MessageContext, message_data
from users import invitations
from users.models import Invitation, SignIn

from .chats.conftest import provider  # noqa: F401
from .chats.files import image, sent
from .rest import PLAIN, api_routes

EXAMPLES = 10  # of each operation
# Who is let in is the access matrix's matter; rules about values, such as that a user exists, are
# no matter of a schema.
BEYOND_THE_SCHEMA = [ignored_auth, positive_data_acceptance]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_valid_and_leaves_nothing_to_guess(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_the_schema_is_made_once_and_is_the_same_for_everybody(client, monkeypatch):
    made = []
    make = SchemaGenerator.get_schema

    def counted(self, **options):
        made.append(options)
        return make(self, **options)

    monkeypatch.setattr(schema, "_kept", {})
    monkeypatch.setattr(SchemaGenerator, "get_schema", counted)
    kinds = ["application/vnd.oai.openapi", "application/json", "application/yaml"]
    for accept in kinds * 3:
        for query in ("", "?version=2", "?lang=de"):
            answer = client.get(f"/api/v1/schema{query}", headers={"Accept": accept})
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].partition(";")[0] == accept
            assert answer.headers["Cache-Control"] == "public, max-age=3600"
            assert not answer.cookies
    assert len(made) == len(kinds)


def test_the_schema_has_every_path_once_and_without_a_slash(document):
    routes = {(f"/{route.path}", method) for route in api_routes() for method in route.methods}
    described = {
        (path, method.upper())
        for path, operations in document["paths"].items()
        for method in operations
    }
    assert described == routes


def test_every_operation_tells_its_errors_and_those_with_a_body_an_example(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            codes = operation["responses"].keys()
            where = f"{method} {path}"
            assert operation.get("description"), where
            assert codes >= {"503"}, where
            assert "{" not in path or "404" in codes, where
            assert {} in operation.get("security", []) or "401" in codes, where
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            assert all(body.get("examples") for body in bodies), where


@pytest.mark.parametrize(
    "serializer",
    [
        message_serializers.MessageSerializer,
        chat_serializers.ChatSerializer,
        chat_serializers.ListedChatSerializer,
    ],
)
def test_what_is_written_by_hand_has_the_fields_that_are_declared(serializer):
    chat = Chat(owner_id=1, member_ids=[1], is_group=True, last_seq=1)
    message = Message(chat_id=chat.pk, seq=1, rev=1, sender_id=1)
    preview = Preview(message.pk.hex, 1, 1, "Hello", "text", message.created_at, None)
    context: dict[str, Any] = {
        "messages": MessageContext(Readers({1: [1]}), {}, {}),
        "chats": chat_serializers.ChatContext(1, {chat.pk.hex: preview}, {}, {}),
    }
    declared = serializer(context=context)
    if serializer is message_serializers.MessageSerializer:
        row = MessageRow.of(Message.objects.document(message))
        written: Any
        [written] = message_data([row], context["messages"], 1)
    else:
        written = declared.to_representation(Chat.objects.document(chat))
    assert written.keys() == declared.fields.keys()
    if "last_message" in written:
        fields = declared.fields["last_message"].fields
        assert written["last_message"].keys() == fields.keys()


def test_the_history_has_the_fields_that_are_declared(ada, api, group):
    url = f"/api/v1/chats/{group.pk}/messages"
    page, changes = api(ada).get(url).json(), api(ada).get(f"{url}?changed_after=0").json()
    fields = message_serializers.HistorySerializer().fields
    assert page.keys() == {name for name, field in fields.items() if field.required}
    assert changes.keys() == fields.keys()
    detail = api(ada).get(f"/api/v1/chats/{group.pk}").json()
    assert detail.keys() == chat_serializers.ChatDetailSerializer().fields.keys()
    assert detail["members"][0].keys() == member_serializers.MemberSerializer().fields.keys()


# Every answer conforms ---------------------------------------------------------------------------


@pytest.fixture
def stage(ada, grace, stranger, token_of, provider, settings):  # noqa: F811
    """A function: ids for a path, of things that are there, and a header that lets ada in."""
    settings.INVITATIONS = "members"

    def made() -> tuple[dict[str, Any], dict[str, str]]:
        chat = Chat.objects.for_member(ada).filter(is_group=True, owner_id=ada.pk).first()
        if chat is None or grace.pk not in chat.member_ids:
            chat = actions.create_group(ada, "Engines", [grace.pk])
        message = Message.objects.in_chat(chat.pk).filter(sender_id=ada.pk).oldest_first().first()
        if message is None or message.deleted_at:
            message, _ = actions.post_message(ada, chat.pk, "Hello")
        ids = {"chat_id": str(chat.pk), "message_id": str(message.pk), "user_id": grace.pk}
        ids["emoji"] = "\U0001f44d"
        file = Attachment.objects.filter(chat_id=chat.pk, owner_id=ada.pk).first()
        ids["preview_id"] = ids["message_id"]  # there is none: test_link_previews.py has some
        ids["attachment_id"] = str((file or sent(ada, chat, image(), "photo.png")[1]).pk)
        token_of(ada)
        ids["session_id"] = str(SignIn.objects.of(ada.pk)[0].pk)
        invitation = Invitation.objects.filter(made_by=ada).first() or invitations.make(ada)[0]
        ids["invitation_id"] = str(invitation.pk)
        return ids, {"Authorization": f"Bearer {token_of(ada)}"}

    return made


@pytest.fixture
def open_connections():
    """A request doesn't close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def operations(db, open_connections):
    return schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)


def has_bad_path(case: schemathesis.Case) -> bool:
    """True if the ids of the path are what is wrong with a request."""
    assert case.meta is not None
    path = case.meta.components.get(ParameterLocation.PATH)
    return path is not None and path.mode.is_negative


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (route.path, method)
        for route in api_routes()
        for method in sorted(route.methods)
        # It would end the account that the other cases use.
        if (route.path, method) != ("api/v1/users/me", "DELETE")
    ],
)
def test_no_answer_breaks_the_schema(operations, stage, path, method):
    operation = operations[f"/{path}"][method]
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=one_of(good, bad), real_ids=booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keeps_the_schema(case, real_ids):
        ids, header = stage()
        if real_ids and not has_bad_path(case):
            case.path_parameters |= {name: ids[name] for name in case.path_parameters}
        response = case.call(headers={**header, **PLAIN})
        case.validate_response(response, excluded_checks=BEYOND_THE_SCHEMA)

    keeps_the_schema()
