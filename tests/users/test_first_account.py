"""The link for the first account, in the log of a server process in production."""

import re

import pytest

from tests.waiting import wait_for
from users.models import Invitation, User

pytestmark = pytest.mark.django_db(transaction=True)

LINK = re.compile(r"/accounts/invitation/#(\S+)")


def test_a_process_of_a_site_without_accounts_logs_a_link(start_server):
    first = start_server(DEBUG="0", SECURE="0", ALLOWED_HOSTS="localhost")
    wait_for(lambda: LINK.search(first.output()), 20)
    assert not User.objects.exists()
    code = LINK.search(first.output()).group(1)
    assert Invitation.objects.by_code(code).kind == Invitation.Kind.FIRST
