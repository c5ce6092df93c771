"""Calls of the API that follow from each other, by the links of its schema: no answer is a 5xx."""

from collections import Counter
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.generation.stateful import run_state_machine_as_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chatproject.limits.rates import Rate
from chatproject.rest.openapi import LINKS
from chatproject.wsgi import application
from chats import actions
from tests.chats.conftest import provider  # noqa: F401
from tests.conftest import PASSWORD
from tests.rest import PLAIN
from tests.test_schema import open_connections  # noqa: F401

from . import figures

pytestmark = pytest.mark.django_db

SHORT, LONG = 150, 20_000  # calls
PARTS = 10  # of the long form, each a test of its own
STEPS = 20  # calls of one scenario, at most
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def pytest_generate_tests(metafunc):
    if "part" in metafunc.fixturenames:
        parts = PARTS if metafunc.config.getoption("--long") else 1
        metafunc.parametrize("part", range(parts))


@pytest.fixture
def unlimited(settings):
    """No limit is reached."""
    for name in dir(settings):
        if name.startswith("LIMIT_"):
            setattr(settings, name, Rate(1_000_000, 1))


@pytest.fixture
def schema(ada, grace, unlimited, provider, open_connections):  # noqa: F811
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    # It would end the account that the other calls use.
    return schema.exclude(method="DELETE", path="/api/v1/users/me")


def machine(schema, token_of, ada, bodies, calls, succeeded, codes, failures, a_group):
    """The state machine of the schema, whose calls are ada's, and are counted."""

    class Calls(schema.as_state_machine()):
        token = ""

        def setup(self):
            a_group()

        def get_call_kwargs(self, case):
            return {"headers": {"Authorization": f"Bearer {type(self).token}", **PLAIN}}

        def before_call(self, case):
            """Every second time something that succeeds, so that there is something to follow."""
            body = bodies.get(case.operation.definition.raw["operationId"])
            if body and calls.total() % 2:
                case.body = body

        def after_call(self, response, case):
            name = case.operation.definition.raw["operationId"]
            calls[name] += 1
            succeeded[name] += response.status_code < 300
            codes[response.status_code] += 1
            if response.status_code == 401 or not type(self).token:
                type(self).token = token_of(ada)  # it was signed out by a call

        def validate_response(self, response, case, **options):
            try:
                case.validate_response(response, checks=CHECKS)
            except BaseException as failure:
                failures.append(failure)
                raise

    Calls.token = token_of(ada)
    return Calls


def test_no_call_in_a_row_of_them_breaks_the_schema(
    schema, token_of, ada, grace, alan, empty_stores, part, request
):
    bodies = {
        "auth_login_create": {"username": "ada", "password": PASSWORD},
        "chats_group_create": {"name": "Engines", "member_ids": [grace.pk]},
        "chats_partial_update": {"name": "Looms"},
        "chats_members_create": {"user_id": alan.pk},
        "chats_members_permissions_partial_update": {"can_remove_members": True},
        "chats_messages_create": {"content": "Hello"},
        "chats_messages_partial_update": {"content": "Hello again"},
    }

    def a_group():
        """There is one, with a message, and nothing else of an earlier row of calls."""
        empty_stores()
        group = actions.create_group(ada, "Engines", [grace.pk])
        actions.post_message(grace, group.pk, "Hello")

    goal = LONG // PARTS if request.config.getoption("--long") else SHORT
    calls, succeeded, codes, failures = Counter(), Counter(), Counter(), []
    run = settings(
        max_examples=goal // 10,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    while calls.total() < goal:
        calls_of_ada = machine(
            schema, token_of, ada, bodies, calls, succeeded, codes, failures, a_group
        )
        # Accounts stay, so the same call may have another answer, and lead elsewhere, next time.
        with suppress(FlakyStrategyDefinition):
            run_state_machine_as_test(calls_of_ada, settings=run)
    assert failures == []
    assert calls.total() >= goal
    assert max(codes) < 500
    if request.config.getoption("--long"):
        targets = {name for links in LINKS.values() for names, _ in links for name in names}
        # The longest ways are found by chance.
        assert len(targets - (+succeeded).keys()) <= len(targets) // 3
    figures.report(f"API calls, part {part}", f"{calls.total()}, answers {dict(codes)}")
