"""The admin's page of jobs: who sees it, what it shows, and what it does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from users.moderators import moderator_permissions

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"
KIND = Kind("plain", lambda job: None, lane="plain", attempts=3)


@pytest.fixture
def client_of() -> Callable[[Any], Client]:
    def sign_in(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def with_permissions(user: Any, *codenames: str) -> Any:
    user.is_staff = True
    user.save()
    found = Permission.objects.filter(content_type__app_label="jobs", codename__in=codenames)
    user.user_permissions.set(found)
    return user


@pytest.fixture
def administrator(person: Callable[..., Any]) -> Any:
    return person("root", is_staff=True, is_superuser=True)


@pytest.fixture
def jobs() -> dict[str, Job]:
    """One of each state, by state."""
    for state in ("failed", "running", "waiting"):
        KIND.add(state, {"secret": "not shown"})
        if state != "waiting":
            job = Job.objects.claim(["plain"], 30)
            assert job is not None
            if state == "failed":
                Job.objects.fail(job, "SMTPException: <b>No such server</b>")
    found = {job.key: job for job in Job.objects.all()}
    assert {key: job.state for key, job in found.items()} == {key: key for key in found}
    return found


def choose(client: Client, action: str, *jobs: Job, **more: str) -> Any:
    data = {"action": action, "_selected_action": [str(job.pk) for job in jobs], **more}
    return client.post(LIST, data, follow=True)


# Rows: who; columns: may see the list, may retry, may delete.
MATRIX = {
    "anonymous": (False, False, False),
    "member": (False, False, False),
    "staff": (False, False, False),
    "moderator": (False, False, False),
    "viewer": (True, False, False),
    "changer": (True, True, False),
    "deleter": (True, False, True),
    "administrator": (True, True, True),
}


@pytest.mark.parametrize("who", MATRIX)
def test_who_sees_retries_and_deletes_jobs(
    who: str,
    client_of: Callable[[Any], Client],
    person: Callable[..., Any],
    administrator: Any,
    jobs: dict[str, Job],
) -> None:
    user = person("mary")
    match who:
        case "staff":
            with_permissions(user)
        case "moderator":
            with_permissions(user)
            user.user_permissions.set(moderator_permissions())
        case "viewer":
            with_permissions(user, "view_job")
        case "changer":
            with_permissions(user, "view_job", "change_job")
        case "deleter":
            with_permissions(user, "view_job", "delete_job")
        case "administrator":
            user = administrator
    client = Client() if who == "anonymous" else client_of(user)
    sees, retries, deletes = MATRIX[who]
    failed = jobs["failed"]
    page = f"{LIST}{failed.pk}/change/"
    assert [client.get(path).status_code == 200 for path in (LIST, page)] == [sees, sees]
    assert client.get(f"{LIST}add/").status_code in {302, 403}

    choose(client, "retry", failed)
    assert Job.objects.get(pk=failed.pk).state == ("waiting" if retries else "failed")
    choose(client, "delete_selected", failed, post="yes")
    assert Job.objects.filter(pk=failed.pk).exists() != deletes


def test_the_list_shows_each_state_and_the_error_as_text(
    client_of: Callable[[Any], Client], administrator: Any, jobs: dict[str, Job]
) -> None:
    client = client_of(administrator)
    page = client.get(LIST).content.decode()
    assert "SMTPException: &lt;b&gt;No such server" in page
    assert "not shown" not in page
    for state in jobs:
        page = client.get(LIST, {"state": state}).content.decode()
        assert "1 job" in page
        assert f'<td class="field-state">{state}</td>' in page
    for job in jobs.values():
        page = client.get(f"{LIST}{job.pk}/change/").content.decode()
        assert job.key in page
        assert "not shown" not in page


def test_only_failed_jobs_are_tried_again_and_it_is_logged(
    client_of: Callable[[Any], Client], administrator: Any, jobs: dict[str, Job]
) -> None:
    page = choose(client_of(administrator), "retry", *jobs.values()).content.decode()
    assert "1 tried again." in page
    assert "2 left as they are" in page
    states = {job.key: job.state for job in Job.objects.all()}
    assert states == {"failed": "waiting", "running": "running", "waiting": "waiting"}
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Tried again."]


def test_a_choice_of_no_job_is_refused(
    client_of: Callable[[Any], Client], administrator: Any, jobs: dict[str, Job]
) -> None:
    for action in ("retry", "delete_selected"):
        data = {"action": action, "_selected_action": "none", "post": "yes"}
        answer = client_of(administrator).post(LIST, data, follow=True)
        assert "There is no such job." in answer.content.decode()
    assert Job.objects.count() == len(jobs)


def test_a_post_to_a_jobs_page_changes_nothing(
    client_of: Callable[[Any], Client], administrator: Any, jobs: dict[str, Job]
) -> None:
    job = jobs["waiting"]
    client_of(administrator).post(f"{LIST}{job.pk}/change/", {"kind": "other", "attempts": "-5"})
    assert Job.objects.get(pk=job.pk).kind == "plain"


@pytest.mark.parametrize("query", ["state=nothing", "q=x", "p=9", "o=9.9", "kind=plain", "e=1"])
def test_an_odd_address_is_no_error_of_the_server(
    client_of: Callable[[Any], Client], administrator: Any, jobs: dict[str, Job], query: str
) -> None:
    assert client_of(administrator).get(f"{LIST}?{query}").status_code in {200, 302}
