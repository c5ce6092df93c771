"""The app of the queue of jobs; its collection is in MongoDB."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The app of jobs."""

    name = "chatproject.jobs"
    label = "jobs"
    verbose_name = "Jobs"
