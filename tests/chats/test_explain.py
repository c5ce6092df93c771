"""The plans of every hot query, on a few thousand messages."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections
from django.db.models import UniqueConstraint
from django_mongodb_backend.indexes import get_pymongo_index_model

from chatproject.stores.mongodb.indexes import UniqueIndex
from chats.explain.queries import hot_queries
from chats.explain.recorder import recorded, stock_engine
from chats.explain.sample import build
from chats.models import Chat, ChatPermissions, Message, ReadMarker
from users.models import User

pytestmark = pytest.mark.django_db

SHORT_CHATS = 120
MODELS = (Chat, Message, ChatPermissions, ReadMarker)


@pytest.fixture
def long_chat(db):
    """A chat of 3,000 messages among short ones; user 1 is in all of them."""
    return build(3_000, short_chats=SHORT_CHATS)


@pytest.fixture
def sent(long_chat):
    """Every command that the hot queries send, with its query and a name."""
    return [
        (query, f"{query.name}, {command.collection}", command)
        for query in hot_queries(long_chat, User(pk=1))
        for command in query.commands()
    ]


def plan_of(ask):
    """The plan of the one command that `ask` sends."""
    with recorded() as commands:
        ask()
    (command,) = commands
    return command.explain()


# Plans -------------------------------------------------------------------------------------------


def test_every_hot_query_reads_what_it_returns_and_no_more(sent, long_chat):
    assert len(sent) > 20
    mentions = Message.objects.filter(mention_ids__len=1).count()
    for query, name, command in sent:
        plan = command.explain()
        told = f"{name}: {plan}"
        assert plan.returned, told
        assert plan.indexes or plan.stages == ("IDHACK",), told
        assert not plan.scans, told
        if query.sorts_chats and command.collection == Chat._meta.db_table:
            # Once for the page and once for the number.
            assert plan.keys <= 2 * (SHORT_CHATS + 2), told
            continue
        if query.groups:
            assert plan.documents == 0, told
            assert plan.keys <= query.groups + plan.ranges, told
            continue
        if "message_mentions" in plan.indexes:
            assert (query.sorts_chats, plan.documents) == (True, 0), told
            assert plan.keys <= mentions + plan.ranges, told
            continue
        assert not plan.sorts, told
        assert plan.documents <= plan.returned, told
        grouped = len(long_chat.member_ids) if query.groups_markers else 0
        # A range that is searched ends at the first key beyond it.
        assert plan.keys <= plan.returned + grouped + max(plan.ranges, 1), told


def test_the_markers_of_a_chat_are_read_from_the_index_alone(long_chat):
    plan = plan_of(lambda: ReadMarker.objects.of_chat(long_chat))
    assert plan.indexes == ("marker_read",)
    assert (plan.keys, plan.documents) == (len(long_chat.member_ids), 0)
    # Those of whoever hasn't read a message aren't read for its receipt.
    seq = long_chat.last_seq // 2 + 1
    assert plan_of(lambda: ReadMarker.objects.readers(long_chat, seq)).keys <= 1


def test_without_the_indexes_the_same_queries_read_whole_collections(sent):
    messages = Message.objects.collection().estimated_document_count()
    for query, name, command in sent:
        plan = command.explain(indexes=False)
        assert plan.scans, name
        assert not plan.keys, name
        if query.name.startswith("history"):
            assert plan.documents >= messages, name
            assert command.explain().documents <= 100, name


def test_the_engine_as_it_comes_sorts_a_whole_chat_for_a_page(long_chat):
    rows = Message.objects.in_chat(long_chat.pk).newest_first()

    def ask():
        return [message.seq for message in rows.all()[:50]]

    with stock_engine():
        stock, answer = plan_of(ask), ask()
    ours = plan_of(ask)
    assert (stock.sorts, stock.documents) == (True, 3_000)
    assert (ours.sorts, ours.documents) == (False, 50)
    assert ask() == answer == list(range(3_000, 2_950, -1))


@pytest.mark.parametrize("order", ["-seq", "seq", "-rev", "-created_at", "content", "-pk"])
@pytest.mark.parametrize("part", [slice(0, 7), slice(5, 9), slice(None)])
def test_both_engines_answer_the_same(db, order, part):
    chat = build(60, short_chats=2)
    rows = Message.objects.in_chat(chat.pk).order_by(order, "seq")

    def answers():
        return (
            [message.pk for message in rows.all()[part]],
            list(rows.values_list("seq", "content")[part]),
            list(rows.only("seq").values("pk")[part]),
            rows.filter(seq__gt=20).count(),
            list(rows.exclude(seq=7).values_list("pk", flat=True)[part]),
        )

    with stock_engine():
        stock = answers()
    assert answers() == stock
    assert all(stock)


def test_the_first_row_of_a_filter_is_found_by_the_filters_index(long_chat):
    plan = plan_of(lambda: Message.objects.filter(chat_id=long_chat.pk, seq=1_500).first())
    assert plan.indexes == ("message_seq",)
    assert (plan.sorts, plan.keys) == (False, 1)
    first = Message.objects.in_chat(long_chat.pk).oldest_first().first()
    assert first is not None
    assert first.seq == 1
    assert Message.objects.filter(seq=-1).first() is None


# Indexes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_indexes_are_those_that_the_model_declares(db, model):
    columns = {field.name: field.column for field in model._meta.concrete_fields}
    declared = {
        index.name: (
            [(columns[name], -1 if order else 1) for name, order in index.fields_orders],
            isinstance(index, UniqueIndex),
            index.condition is not None,
        )
        for index in model._meta.indexes
    }
    there = {
        name: (index["key"], index.get("unique", False), "partialFilterExpression" in index)
        for name, index in model.objects.collection().index_information().items()
    }
    assert there.pop("_id_")
    assert there == declared
    assert not model._meta.constraints


def test_every_index_that_the_guide_asks_for_is_there(db):
    wanted = {
        Chat: ["owner_id", "member_ids", "created_at"],
        Message: ["chat_id", "sender_id", ("chat_id", "created_at")],
        ChatPermissions: ["chat_id", "user_id", ("chat_id", "user_id")],
    }
    for model, fields in wanted.items():
        keys = [
            tuple(column for column, _ in index["key"])
            for index in model.objects.collection().index_information().values()
        ]
        for field in fields:
            key = field if isinstance(field, tuple) else (field,)
            assert any(found[: len(key)] == key for found in keys), (model, key)


def test_the_engines_own_unique_constraint_serves_no_reader(long_chat):
    constraint = UniqueConstraint(fields=["chat_id", "seq"], name="stock")
    collection = Message.objects.collection()
    copy = collection.database["stock_messages"]
    collection.aggregate([{"$out": copy.name}])
    query = {"chat_id": long_chat.pk.hex, "seq": 7}

    def stages():
        return str(copy.find(query).explain()["queryPlanner"]["winningPlan"])

    try:
        with connections["chat"].schema_editor() as editor:
            stock = UniqueIndex(fields=constraint.fields, name="stock")
            index = get_pymongo_index_model(stock, Message, editor, unique=True)
            ours = stock.get_pymongo_index_model(Message, editor)
        copy.create_indexes([index])
        assert "COLLSCAN" in stages()
        copy.drop_index("stock")
        copy.create_indexes([ours])
        assert "COLLSCAN" not in stages()
        assert "IXSCAN" in stages()
    finally:
        copy.drop()


CHAT_ID = uuid.uuid4()
MESSAGE = {"chat_id": CHAT_ID, "sender_id": 1}
DUPLICATES = [
    (Message, {**MESSAGE, "seq": [1, 2]}, {"rev": 1}, {"rev": [1, 2]}),
    (
        Message,
        {**MESSAGE, "seq": [1, 2], "rev": [1, 2]},
        {"client_id": "once"},
        {"client_id": None},
    ),
    (ChatPermissions, {"chat_id": CHAT_ID}, {"user_id": 1}, {"user_id": [1, 2]}),
    (ReadMarker, {"chat_id": CHAT_ID}, {"user_id": 1}, {"user_id": [1, 2]}),
]


@pytest.mark.parametrize(("model", "rest", "same", "different"), DUPLICATES)
def test_a_unique_rule_refuses_the_second_and_only_the_second(db, model, rest, same, different):
    def create(number, values):
        model.objects.create(
            **{
                k: v[number] if k in ("seq", "rev", "user_id") and isinstance(v, list) else v
                for k, v in (rest | values).items()
            }
        )

    create(0, different)
    create(1, different)
    assert model.objects.count() == 2
    model.objects.all().delete()
    create(0, same)
    with pytest.raises(IntegrityError):
        create(1, same)
    assert model.objects.count() == 1


# The command -------------------------------------------------------------------------------------


def explained(*arguments):
    out = io.StringIO()
    call_command("explain_queries", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_each_query_with_the_indexes_and_without(long_chat):
    before = Message.objects.filter(answer_due_at__isnull=False).count()
    told = explained(f"--chat={long_chat.pk}", "--user=1", "--stock")
    for query in hot_queries(long_chat, User(pk=1)):
        assert query.name in told
    assert "IXSCAN (message_seq)" in told
    assert "COLLSCAN" in told
    assert told.count("with indexes") == told.count("without") > 20
    assert "stock engine" in told
    # Nothing was written: no question was taken, no number, no marker.
    assert Message.objects.filter(answer_due_at__isnull=False).count() == before == 3
    assert Chat.objects.get(pk=long_chat.pk).last_seq == 3_000
    assert ReadMarker.objects.get(chat_id=long_chat.pk, user_id=1).seq == 1_500


@pytest.fixture
def own_client(db, monkeypatch):
    """A client of MongoDB that may be closed: that of the session is kept by threads of it."""
    connection = connections["chat"]
    monkeypatch.setattr(connection, "_connection_pools", {})
    connection.connection = None
    connection.__dict__.pop("database", None)
    yield
    connection.close_pool()


def test_the_command_builds_a_data_set_aside_and_drops_it(own_client, private_chat):
    connection = connections["chat"]
    name = connection.settings_dict["NAME"]
    told = explained("--build=200")
    assert "200 messages" in told
    assert "offset 150" in told
    assert connection.settings_dict["NAME"] == name
    assert [chat.pk for chat in Chat.objects.all()] == [private_chat.pk]
    assert not [n for n in connection.connection.list_database_names() if "_explain_" in n]


def test_the_command_says_what_it_cannot_explain(private_chat, ada, stranger):
    assert str(private_chat.pk) in explained(f"--user={ada.pk}")
    for arguments, reason in [
        ([f"--chat={uuid.uuid4()}"], "no such chat"),
        ([f"--chat={private_chat.pk}", f"--user={stranger.pk}"], "no member"),
        (["--chat=nonsense"], "no UUID"),
        (["--build=2000000"], "1,000,000"),
        (["--build=x"], "1,000,000"),
    ]:
        with pytest.raises(CommandError, match=reason):
            explained(*arguments)
