"""`ai/ask` and `ai/photo` of the API."""

import threading

import pytest
from pymongo.errors import AutoReconnect

from chatproject.jobs.models import Job, JobQuerySet
from chats import actions
from chats.assistant import direct
from tests import jobs

ASK, PHOTO = "/api/v1/ai/ask", "/api/v1/ai/photo"


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_question_is_answered(provider, api, ada, slash):
    answer = api(ada).post(ASK + slash, {"user_input": "Why?"})

    assert (answer.status_code, answer.json()) == (200, {"response": "Echo: Why?"})


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_photo_is_found(provider, api, ada, slash):
    answer = api(ada).get(PHOTO + slash, {"query": "cats"})

    assert answer.status_code == 200
    assert set(answer.json()) == {"image_url", "alt", "author", "author_url", "page_url"}
    assert provider.asked("/search/photos")[0].query["query"] == ["cats"]


@pytest.mark.django_db
def test_somebody_who_is_not_signed_in_is_refused(provider, api):
    assert api().post(ASK, {"user_input": "Why?"}).status_code in {401, 403}
    assert api().get(PHOTO, {"query": "cats"}).status_code in {401, 403}
    assert provider.requests == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "user_input"),
        ({"user_input": ""}, "user_input"),
        ({"user_input": " \n"}, "user_input"),
        ({"user_input": None}, "user_input"),
        ({"user_input": ["Why?"]}, "user_input"),
        ({"user_input": 7}, "user_input"),
        ({"user_input": True}, "user_input"),
        ({"user_input": "\u200b"}, "user_input"),
        ({"user_input": "x" * 10_001}, "user_input"),
        ({"user_input": "\x00"}, "user_input"),
        ({"user_input": "Why?", "model": "big"}, "model"),
        ([], "non_field_errors"),
    ],
)
def test_a_bad_question_names_the_field_and_is_not_asked(provider, api, ada, body, field):
    answer = api(ada).post(ASK, body)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert provider.requests == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": "  "}, "query"),
        ({"query": "x" * 201}, "query"),
        ({"query": "\x00"}, "query"),
        ({"query": "cats", "colour": "grey"}, "colour"),
    ],
)
def test_a_bad_search_names_the_field_and_is_not_asked(provider, api, ada, query, field):
    answer = api(ada).get(PHOTO, query)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert provider.requests == []


@pytest.mark.parametrize(
    ("status", "body", "ours"),
    [(401, {}, 502), (429, {}, 503), (500, {}, 502), (200, b"nonsense", 502)],
)
def test_a_providers_failure_is_told_in_words(provider, api, ada, status, body, ours):
    provider.status, provider.body = status, body

    for answer in (api(ada).post(ASK, {"user_input": "Why?"}), api(ada).get(PHOTO, {"query": "x"})):
        assert answer.status_code == ours
        assert "provider" in answer.json()["detail"] or "Unsplash" in answer.json()["detail"]


def test_a_provider_that_hangs_is_a_gateway_timeout(provider, settings, api, ada):
    settings.AI_TIMEOUT = 0.2
    provider.go_on.clear()

    assert api(ada).post(ASK, {"user_input": "Why?"}).status_code == 504


def test_a_search_without_result_is_not_found(provider, api, ada):
    provider.body = {"total": 0, "total_pages": 0, "results": []}
    answer = api(ada).get(PHOTO, {"query": "qwertz"})

    assert answer.status_code == 404
    assert answer.json() == {"detail": "No photo found for “qwertz”."}


def test_without_a_key_it_is_unavailable(provider, settings, api, ada):
    settings.AI_API_KEY = ""
    answer = api(ada).post(ASK, {"user_input": "Why?"})

    assert answer.status_code == 503
    assert "AI_API_KEY" in answer.json()["detail"]


# Few at a time -----------------------------------------------------------------------------------


def test_who_finds_no_room_is_told_to_try_again_and_nothing_is_asked(
    provider, monkeypatch, api, ada
):
    room = threading.BoundedSemaphore(1)
    monkeypatch.setattr(direct, "_room", room)
    client = api(ada)
    with room:
        for answer in (client.post(ASK, {"user_input": "Why?"}), client.get(PHOTO, {"query": "x"})):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert "Too many people are asking" in answer.json()["detail"]
    assert provider.requests == []
    assert not Job.objects.exists()
    assert client.post(ASK, {"user_input": "Why?"}).status_code == 200


def test_a_question_to_the_bot_under_way_counts_as_the_one_of_its_person(
    provider, api, ada, grace, group
):
    actions.post_message(ada, group.pk, "@ai Why?")
    assert jobs.claim("question")
    refused = api(ada).post(ASK, {"user_input": "Why?"})
    assert (refused.status_code, refused.json()["limit"]) == (429, "questions_at_once")
    assert refused.headers["Retry-After"] == "5"
    assert api(grace).post(ASK, {"user_input": "Why?"}).status_code == 200
    assert len(provider.requests) == 1


def test_an_answer_is_given_though_mongodb_goes_away_meanwhile(provider, monkeypatch, api, ada):
    def away(*_):
        raise AutoReconnect("away")

    monkeypatch.setattr(JobQuerySet, "finish", away)
    answer = api(ada).post(ASK, {"user_input": "Why?"})
    assert (answer.status_code, answer.json()) == (200, {"response": "Echo: Why?"})
    assert Job.objects.get().expires_at  # it ends by itself
