"""`manage.py run_jobs`: the worker."""

import logging
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatproject.jobs.kinds import kinds
from chatproject.jobs.worker import Worker


class Command(BaseCommand):
    """Run a worker until it is stopped."""

    # They load the URLs, with every view: 20 MiB that a worker never uses.
    requires_system_checks = ()
    help = "Run the jobs of the queue until SIGTERM or Ctrl-C. Run as many as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--kinds",
            default="",
            help=f"only these, separated by commas: {', '.join(kinds())}; default: all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = kinds()
        wanted = [name.strip() for name in options["kinds"].split(",") if name.strip()]
        if unknown := set(wanted) - known.keys():
            raise CommandError(
                f"--kinds: there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}."
            )
        worker = Worker(known[name] for name in wanted or known)
        signal.signal(signal.SIGTERM, worker.stop)
        signal.signal(signal.SIGINT, worker.stop)
        logging.getLogger(__name__).info("Running jobs: %s.", ", ".join(wanted or known))
        worker.run()
