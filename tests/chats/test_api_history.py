"""`GET chats/{id}/messages`: pages at any depth, their parameters and their cost."""

import pytest

from chats import actions
from chats.api import changes, messages
from chats.models import Message
from chats.protocol import PAGE_MAX_BYTES
from tests.commands_sent import sent_commands
from users import names

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(group, ada, grace):
    """A function: the API's answer to ada for the history of 120 messages, and their seqs."""
    for number in range(1, 121):
        actions.post_message(grace if number % 2 else ada, group.pk, f"number {number}")

    from rest_framework.test import APIClient

    client = APIClient()
    client.force_authenticate(ada)

    def get(**parameters):
        return client.get(f"/api/v1/chats/{group.pk}/messages", parameters)

    return get


def seqs(response):
    assert response.status_code == 200, response.content
    return [row["seq"] for row in response.json()["results"]]


def test_the_newest_fifty_come_first_with_the_chat(history, group):
    answer = history()
    assert seqs(answer) == list(range(120, 70, -1))
    body = answer.json()
    assert body.keys() == {"count", "next", "previous", "chat", "results"}
    assert (body["count"], body["chat"]["id"]) == (120, str(group.pk))


@pytest.mark.parametrize("name", ["offset", "skip"])
@pytest.mark.parametrize(
    ("offset", "limit", "wanted"),
    [
        (0, 10, range(120, 110, -1)),
        (100, 10, range(20, 10, -1)),
        (115, 10, range(5, 0, -1)),
        (120, 10, []),
        (10**15, 10, []),
        (0, 100, range(120, 20, -1)),
        (0, 1, [120]),
    ],
)
def test_an_offset_counts_from_the_newest(history, name, offset, limit, wanted):
    answer = history(**{name: offset, "limit": limit})
    assert seqs(answer) == list(wanted)
    assert answer.json()["count"] == 120


def test_oldest_first_on_demand(history):
    assert seqs(history(ordering="created_at", offset=5, limit=3)) == [6, 7, 8]
    assert seqs(history(ordering="-created_at", offset=5, limit=3)) == [115, 114, 113]


def test_before_and_after_bound_the_history_and_its_count(history):
    answer = history(before=11, limit=3)
    assert (seqs(answer), answer.json()["count"]) == ([10, 9, 8], 10)
    answer = history(after=110, limit=100)
    assert (seqs(answer), answer.json()["count"]) == (list(range(120, 110, -1)), 10)
    assert seqs(history(after=100, before=104, ordering="created_at")) == [101, 102, 103]
    assert seqs(history(after=120)) == []
    assert seqs(history(before=1)) == []


def test_links_lead_through_the_whole_history(history, group, ada, api):
    client, url, found = api(ada), f"/api/v1/chats/{group.pk}/messages?skip=0&limit=50", []
    while url:
        body = client.get(url).json()
        found += [row["seq"] for row in body["results"]]
        url = body["next"]
        assert url is None or "skip" not in url
    assert found == list(range(120, 0, -1))
    assert body["previous"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "101", "-1", "ten", "", "1.5", "1e3", "9" * 30)),
        *(("offset", value) for value in ("-1", "x", "", "9" * 30)),
        *(("skip", value) for value in ("-1", "x", "9" * 30)),
        *(("before", value) for value in ("0", "-1", "x")),
        *(("after", value) for value in ("-1", "x")),
        *(("changed_after", value) for value in ("-1", "x")),
        ("ordering", "sender_id"),
    ],
)
def test_a_parameter_out_of_range_is_named(history, name, value):
    answer = history(**{name: value})
    assert answer.status_code == 400
    assert answer.json().keys() == {name}


@pytest.mark.parametrize("name", ["offset", "skip"])
def test_links_give_each_message_once_while_others_arrive(history, group, ada, grace, name, api):
    answer = history(**{name: 0, "limit": 30})
    seen, pages = seqs(answer), [answer.json()]
    while pages[-1]["next"]:
        for _ in range(3):
            actions.post_message(grace, group.pk, "meanwhile")
        answer = api(ada).get(pages[-1]["next"])
        seen += seqs(answer)
        pages.append(answer.json())
    assert seen == list(range(120, 0, -1))
    assert {page["count"] for page in pages} == {120}
    back = [row["seq"] for row in api(ada).get(pages[-1]["previous"]).json()["results"]]
    assert back == [row["seq"] for row in pages[-2]["results"]]
    given = history(before=50, limit=10).json()["next"]
    assert "before=50&" in given


def test_skip_and_offset_do_not_go_together(history):
    assert history(skip=1, offset=1).status_code == 400
    assert history(changed_after=1, limit=5).status_code == 400


@pytest.mark.parametrize("ordering", ["created_at", "-created_at"])
def test_every_page_is_one_command_and_one_query_of_names(
    history, ordering, django_assert_num_queries
):
    for offset in (0, 60, 110):
        names._kept.clear()
        with sent_commands() as sent, django_assert_num_queries(1):
            assert len(seqs(history(offset=offset, limit=10, ordering=ordering))) == 10
        assert [(command.name, command.collection) for command in sent] == [
            ("aggregate", "chats_chat")
        ]


def test_replies_of_a_page_are_read_at_once(history, group, ada, django_assert_num_queries):
    questions = Message.objects.in_chat(group.pk).oldest_first()[:5]
    for question in questions:
        actions.post_message(ada, group.pk, "An answer", reply_to=question.pk)
    names._kept.clear()
    with sent_commands() as sent, django_assert_num_queries(1):
        answer = history(limit=5)
    assert [command.name for command in sent] == ["aggregate", "find"]
    replies = [row["reply"] for row in answer.json()["results"]]
    assert [reply["content"] for reply in replies] == [f"number {n}" for n in (5, 4, 3, 2, 1)]
    assert {reply["sender_name"] for reply in replies} == {"Grace Hopper", "Ada Lovelace"}


def test_the_first_line_of_the_guide(group, ada, token_of, client):
    """`curl -H "Authorization: Bearer $TOKEN" ".../chats/$ID/messages?skip=0&limit=10"`"""
    for number in range(12):
        actions.post_message(ada, group.pk, f"number {number}")
    header = f"Bearer {token_of(ada)}"
    for slash in ("", "/"):
        url = f"/api/v1/chats/{group.pk}/messages{slash}?skip=0&limit=10"
        answer = client.get(url, headers={"Authorization": header, "Accept": "*/*"})
        assert answer.headers["Content-Type"] == "application/json"
        body = answer.json()
        assert seqs(answer) == list(range(12, 2, -1))
        assert body["chat"]["id"] == str(group.pk)
        row = body["results"][0]
        assert (row["content"], row["sender_id"], row["is_read"]) == ("number 11", ada.pk, False)


@pytest.mark.parametrize("query", ["page=2", "limit=5&limit=6", "skip=1&foo=1"])
def test_an_unknown_or_repeated_parameter_is_named(group, ada, api, query):
    answer = api(ada).get(f"/api/v1/chats/{group.pk}/messages?{query}")
    assert answer.status_code == 400
    assert answer.json().keys() <= {"page", "limit", "foo"}


def test_a_hole_makes_a_page_shorter(history, group):
    Message.objects.filter(chat_id=group.pk, seq=118).delete()
    assert seqs(history(limit=5)) == [120, 119, 117, 116]


def test_a_stranger_finds_no_chat(history, group, stranger, api):
    assert history().status_code == 200
    assert api(stranger).get(f"/api/v1/chats/{group.pk}/messages").status_code == 404
    assert api().get(f"/api/v1/chats/{group.pk}/messages").status_code == 401


def test_catching_up_brings_changes_in_order_with_where_the_chat_is(history, group, ada, grace):
    third = Message.objects.get(chat_id=group.pk, seq=3)
    edited = actions.edit_message(grace, group, third, "edited")
    actions.rename_chat(ada, group, "Looms")
    body = history(changed_after=118).json()
    assert [row["rev"] for row in body["results"]] == [119, 120, 121]
    assert body["results"][-1]["id"] == str(edited.pk)
    assert (body["last_rev"], body["too_far_behind"]) == (122, False)
    assert body["chat"]["name"] == "Looms"
    assert body["read_markers"] == {str(grace.pk): 1}  # nobody has read, but for her own first
    assert history(changed_after=122).json()["results"] == []


def test_who_is_too_far_behind_is_told_so(history, monkeypatch):
    monkeypatch.setattr(messages, "MOST_MISSED", 100)
    body = history(changed_after=10).json()
    assert (body["too_far_behind"], body["results"], body["last_rev"]) == (True, [], 120)
    assert len(history(changed_after=20).json()["results"]) == 100


def test_who_knows_more_than_there_is_is_told_to_load_anew(history):
    body = history(changed_after=121).json()  # as before MongoDB was restored from a backup
    assert (body["too_far_behind"], body["results"], body["last_rev"]) == (True, [], 120)
    assert history(changed_after=120).json()["too_far_behind"] is False


def test_who_has_read_a_message_is_shown(group, ada, grace, api):
    message, _ = actions.post_message(ada, group.pk, "Read this")
    url = f"/api/v1/chats/{group.pk}/messages/{message.pk}"
    assert api(ada).get(url).json()["is_read"] is False
    assert api(grace).post(f"{url}/read").status_code == 204
    body = api(ada).get(url).json()
    assert (body["is_read"], body["read_by"]) == (True, [grace.pk])


# Long messages -----------------------------------------------------------------------------------

LONG = 60  # messages of 40,000 bytes each, of which 26 are a mebibyte


@pytest.fixture
def long_history(group, ada, grace, api):
    """The URL of a history of long messages, some of which were edited or deleted later."""
    sent = [actions.post_message(ada, group.pk, "😀" * 10_000)[0] for _ in range(LONG)]
    actions.edit_message(ada, group, sent[1], "short now")
    actions.rename_chat(ada, group, "Looms")
    actions.delete_message(ada, group, sent[30])
    actions.edit_message(ada, group, sent[2], "é" * 10_000)
    return f"/api/v1/chats/{group.pk}/messages"


def pages(client, url):
    """The bodies of an answer and of those that follow it."""
    found = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200
        assert len(answer.content) < PAGE_MAX_BYTES + 10_000  # the chat, and the largest message
        found.append(answer.json())
        url = found[-1]["next"]
    return found


@pytest.mark.parametrize(
    "query", ["limit=100", "", "ordering=created_at&limit=100", "after=10&before=50&limit=100"]
)
def test_long_messages_come_in_answers_of_a_mebibyte_that_lead_on(long_history, ada, api, query):
    found = pages(api(ada), f"{long_history}?{query}")
    seqs = [row["seq"] for body in found for row in body["results"]]
    wanted = range(11, 50) if "after" in query else range(1, LONG + 1)
    assert seqs == list(wanted if "ordering" in query else reversed(wanted))
    assert 2 <= len(found) <= 4


def test_catching_up_with_long_messages_misses_none(long_history, ada, grace, api):
    known, rev = {}, 0
    for body in pages(api(ada), f"{long_history}?changed_after=0"):
        assert rev < body["last_rev"] <= body["chat"]["last_rev"]
        assert body["count"] == len(body["results"])
        rev = body["last_rev"]
        known |= {row["id"]: row for row in body["results"]}
        # Whoever goes on after `last_rev` has every message up to it.
        complete = Message.objects.filter(rev__lte=rev).values_list("pk", flat=True)
        assert {str(pk) for pk in complete} <= known.keys()
    assert rev == LONG + 4
    assert (len(known), max(row["seq"] for row in known.values())) == (LONG, LONG)
    stored = {str(message.pk): message.content for message in Message.objects.all()}
    assert {pk: row["content"] for pk, row in known.items()} == stored


def test_one_message_that_is_larger_than_an_answer_comes_alone(long_history, ada, api, monkeypatch):
    monkeypatch.setattr(changes, "PAGE_MAX_BYTES", 1)
    body = api(ada).get(f"{long_history}?changed_after=5").json()
    assert [row["seq"] for row in body["results"]] == [6]
    assert api(ada).get(body["next"]).json()["results"][0]["seq"] == 7
