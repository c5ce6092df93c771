"""What a worker does, in the test's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatproject.jobs.models import Job


def claim(*names: str, lease: float = 30) -> Job | None:
    """The job that a worker takes now, of these kinds, or of any."""
    from chatproject.jobs.kinds import kinds
    from chatproject.jobs.models import Job

    known = kinds()
    for name in names or known:
        known[name].find()
    return Job.objects.claim(names or list(known), lease)


def run_due(lane: str = "") -> None:
    """Run jobs, of one lane or of all, one after another, until none is due."""
    from chatproject.jobs.kinds import kinds
    from chatproject.jobs.running import run_job

    known = kinds()
    names = [name for name in known if lane in ("", known[name].lane)]
    while job := claim(*names):
        run_job(known[job.kind], job)
