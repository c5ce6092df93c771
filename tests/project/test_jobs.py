"""The queue: what is done once, in whose place, how often it is tried, and what is kept of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import FAILED_KEPT, SPACING, Job
from chatproject.jobs.running import run_job, wait_after
from chatproject.jobs.worker import CONCURRENCY, Worker
from chatproject.stores.mongodb.documents import now
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db

done: list[str] = []


def work(job: Job) -> None:
    done.append(job.key)


PLAIN = Kind("plain", work, lane="plain", attempts=3)
ONE_EACH = Kind("one_each", work, lane="slow", attempts=3, is_one_each=True)


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def claim(kind: Kind, lease: float = 30) -> Job | None:
    return Job.objects.claim([kind.name], lease)


def taken(kind: Kind, lease: float = 30) -> Job:
    job = claim(kind, lease)
    assert job is not None
    return job


def keys(kind: Kind, count: int) -> list[str]:
    return [taken(kind).key for _ in range(count)]


# Once --------------------------------------------------------------------------------------------


def test_a_job_is_queued_once_until_it_is_done() -> None:
    assert PLAIN.add("a", {"size": 3}, person_id=7)
    assert not PLAIN.add("a")
    assert ONE_EACH.add("a", person_id=7)  # another kind
    job = taken(PLAIN)
    assert (job.payload, job.person_id, job.attempts) == ({"size": 3}, 7, 1)
    assert not PLAIN.add("a")
    run_job(PLAIN, job)
    assert done == ["a"]
    assert not Job.objects.filter(kind="plain").exists()
    assert PLAIN.add("a")


def test_a_transaction_queues_with_what_asks_for_it_or_not_at_all() -> None:
    client = Job.objects.collection().database.client
    with client.start_session() as session:
        session.start_transaction()
        assert PLAIN.add("undone", session=session)
        session.abort_transaction()
        session.start_transaction()
        assert PLAIN.add("done", session=session)
        assert claim(PLAIN) is None
        session.commit_transaction()
    assert keys(PLAIN, 1) == ["done"]


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_take_each_job_once() -> None:
    for number in range(40):
        PLAIN.add(str(number))
    start = threading.Barrier(8)

    def take_all(_: int) -> list[str]:
        start.wait(10)
        found = []
        try:
            while job := claim(PLAIN):
                found.append(job.key)
        finally:
            connections.close_all()
        return found

    with ThreadPoolExecutor(8) as threads:
        found = [key for part in threads.map(take_all, range(8)) for key in part]
    assert sorted(found) == sorted(str(number) for number in range(40))


def test_a_dead_workers_job_is_taken_again_and_its_late_end_changes_nothing() -> None:
    PLAIN.add("a")
    late = taken(PLAIN, lease=0)
    again = taken(PLAIN)
    assert (again.pk, again.attempts) == (late.pk, 2)
    assert not Job.objects.renew(late, 30)
    for settle in (Job.objects.finish, Job.objects.release):
        settle(late)
    Job.objects.fail(late, "late")
    stored = Job.objects.get()
    assert (stored.state, stored.attempts, stored.error) == ("running", 2, "")
    assert Job.objects.renew(again, 60)
    assert again.due == Job.objects.get().due > now() + timedelta(seconds=50)


# Turns -------------------------------------------------------------------------------------------


def test_a_persons_twenty_jobs_do_not_hold_up_anothers_one() -> None:
    for number in range(20):
        ONE_EACH.add(f"ada {number}", person_id=1)
    ONE_EACH.add("grace", person_id=2)
    first = taken(ONE_EACH)
    assert first.key == "ada 0"
    run_job(ONE_EACH, first)
    assert keys(ONE_EACH, 2) == ["grace", "ada 1"]


def test_a_person_has_one_at_a_time_and_a_dead_workers_counts_until_its_lease_ends() -> None:
    for number in range(2):
        ONE_EACH.add(f"ada {number}", person_id=1)
    job = taken(ONE_EACH)
    assert claim(ONE_EACH) is None
    Job.objects.filter(pk=job.pk).update(due=now())
    assert taken(ONE_EACH).key == "ada 0"
    assert claim(ONE_EACH) is None


def test_what_waits_for_long_has_its_turn_whoever_else_asks() -> None:
    for number in range(3):
        ONE_EACH.add(f"ada {number}", person_id=1)
    places = [job.place for job in Job.objects.order_by("place")]
    assert [place - places[0] for place in places] == [SPACING * number for number in range(3)]
    ONE_EACH.add("later", person_id=2, due=now() + 3 * SPACING)
    Job.objects.filter(key="later").update(due=now())
    run_job(ONE_EACH, taken(ONE_EACH))
    assert taken(ONE_EACH).key == "ada 1"


@pytest.mark.django_db(transaction=True)
def test_of_a_persons_jobs_two_workers_take_one() -> None:
    for number in range(20):
        ONE_EACH.add(str(number), person_id=1)
    start = threading.Barrier(8)

    def take(_: int) -> Job | None:
        start.wait(10)
        try:
            return claim(ONE_EACH)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        found = [job for job in threads.map(take, range(8)) if job]
    assert len(found) == 1


def test_a_call_that_is_held_counts_as_the_one() -> None:
    held = ONE_EACH.job("held", None, 1)
    assert Job.objects.hold(held, 30)
    assert not Job.objects.hold(ONE_EACH.job("second", None, 1), 30)
    assert Job.objects.hold(ONE_EACH.job("other", None, 2), 30)
    ONE_EACH.add("queued", person_id=1)
    assert claim(ONE_EACH) is None
    Job.objects.finish(held)
    assert taken(ONE_EACH).key == "queued"
    assert not Job.objects.hold(ONE_EACH.job("third", None, 1), 30)


def test_a_call_of_a_process_that_died_does_not_count_for_ever() -> None:
    assert Job.objects.hold(ONE_EACH.job("dead", None, 1), 0)
    assert Job.objects.hold(ONE_EACH.job("next", None, 1), 30)
    assert [job.key for job in Job.objects.all()] == ["next"]


# Attempts ----------------------------------------------------------------------------------------


def broken(told: list[str], error: Exception) -> Kind:
    def fail(job: Job) -> None:
        done.append(job.key)
        raise error

    return Kind("plain", fail, "plain", 3, give_up=lambda job: told.append(job.key))


def test_attempts_are_bounded_wait_longer_each_time_and_end_as_failed() -> None:
    told: list[str] = []
    kind = broken(told, ValueError("no such thing"))
    kind.add("a")
    for attempt in (1, 2):
        moment = now()
        run_job(kind, taken(kind))
        job = Job.objects.get()
        assert (job.state, job.attempts, told) == ("waiting", attempt, [])
        assert job.error == "ValueError: no such thing"
        assert job.due - moment >= timedelta(seconds=wait_after(attempt))
        assert claim(kind) is None
        Job.objects.update(due=now())
    run_job(kind, taken(kind))
    job = Job.objects.get()
    assert (job.state, job.error, told) == ("failed", "ValueError: no such thing", ["a"])
    assert job.expires_at - now() > FAILED_KEPT - timedelta(minutes=1)
    assert claim(kind) is None
    assert [wait_after(attempt) for attempt in (1, 2, 3, 9)] == [5, 20, 80, 3600]


def test_a_store_that_is_away_costs_no_attempt() -> None:
    kind = broken([], OperationalError("the connection is closed"))
    kind.add("a")
    for _ in range(kind.attempts + 1):
        run_job(kind, taken(kind))
        assert Job.objects.get().attempts == 0
        Job.objects.update(due=now())


def test_a_job_that_ends_every_worker_fails_and_is_told_once() -> None:
    told: list[str] = []
    kind = broken(told, ValueError())
    kind.add("a")
    for _ in range(kind.attempts):
        taken(kind, lease=0)
    run_job(kind, taken(kind))
    assert (done, told) == ([], ["a"])
    assert Job.objects.get().state == "failed"


def test_a_failed_job_is_tried_again_unless_it_waits_anew() -> None:
    for key in ("a", "b"):
        PLAIN.add(key)
        Job.objects.fail(taken(PLAIN), "broken")
    assert PLAIN.add("b")  # asked for again
    failed = {job.key: job.pk for job in Job.objects.filter(failed_at__isnull=False)}
    assert Job.objects.retry(failed["a"])
    assert not Job.objects.retry(failed["b"])
    assert not Job.objects.retry(failed["a"])
    assert sorted(keys(PLAIN, 2)) == ["a", "b"]
    assert claim(PLAIN) is None


# The worker --------------------------------------------------------------------------------------


@pytest.fixture
def run_worker(transactional_db: None) -> Any:
    """A function that runs a worker of these kinds in a thread, until the test ends."""
    workers: list[tuple[Worker, threading.Thread]] = []

    def run(*kinds: Kind) -> None:
        worker = Worker(kinds)
        thread = threading.Thread(target=worker.run)
        workers.append((worker, thread))
        thread.start()

    yield run
    for worker, thread in workers:
        worker.stop()
        thread.join(20)


def test_jobs_that_hang_hold_up_no_other_lane(run_worker: Callable[..., None]) -> None:
    go_on = threading.Event()
    slow = Kind("one_each", lambda _: go_on.wait(20) and None, "slow", 3, is_one_each=True)
    for person in range(CONCURRENCY + 1):
        slow.add(str(person), person_id=person)
    PLAIN.add("mail")
    run_worker(slow, PLAIN)
    wait_for(lambda: done == ["mail"], what="for the other lane")
    running = Job.objects.filter(lease__isnull=False)
    wait_for(lambda: running.count() == CONCURRENCY, what="for as many as may run")
    go_on.set()
    wait_for(lambda: not Job.objects.exists(), what="for the end")


def test_a_lease_is_renewed_while_its_job_runs(
    run_worker: Callable[..., None], settings: Any
) -> None:
    settings.JOB_LEASE = 2
    go_on, started = threading.Event(), []

    def hang(job: Job) -> None:
        started.append(job.attempts)
        go_on.wait(20)

    slow = Kind("plain", hang, "plain", 3)
    slow.add("a")
    run_worker(slow)
    run_worker(slow)
    wait_for(lambda: started, what="for the start")
    first = Job.objects.get().due
    wait_for(lambda: Job.objects.get().due > first + timedelta(seconds=3), 15, "for renewals")
    assert started == [1]
    go_on.set()
    wait_for(lambda: not Job.objects.exists(), what="for the end")


def test_kinds_that_there_are_not_are_refused_by_name() -> None:
    told = "there is no dance; there are deleted_chat, link_preview, picture, removed_files,"
    with pytest.raises(CommandError, match=told):
        call_command("run_jobs", "--kinds=question, dance")


def test_looking_for_work_reads_few_keys() -> None:
    for number in range(200):
        PLAIN.add(str(number), due=now() + timedelta(hours=1))
    for number in range(20):
        ONE_EACH.add(str(number), person_id=number)
    rows = Job.objects.collection()
    due = {"due": {"$gt": now() - timedelta(days=1), "$lte": now()}, "kind": "one_each"}
    command = {"find": rows.name, "filter": due, "limit": 1}
    plan = rows.database.command("explain", command)
    assert plan["executionStats"]["totalKeysExamined"] <= 2
    command = {"find": rows.name, "filter": due, "sort": {"place": 1}, "limit": 1}
    plan = rows.database.command("explain", command)
    assert "SORT" not in str(plan["queryPlanner"]["winningPlan"])
