"""The admin's page of jobs: what waits, what runs, and what has failed, to be tried again."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest

from chatproject.stores.mongodb.documents import now

from .models import Job

STATES = ("waiting", "running", "failed")


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


class StateFilter(admin.SimpleListFilter):
    """Only the jobs that wait, run or have failed."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.capitalize()) for state in STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """As `Job.state` has it."""
        running = {"lease__isnull": False, "due__gt": now()}
        match self.value():
            case "failed":
                return queryset.filter(failed_at__isnull=False)
            case "running":
                return queryset.filter(**running)
            case "waiting":
                return queryset.filter(failed_at=None).exclude(**running)
        return queryset


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Jobs, read-only; failed ones are tried again, and any is deleted."""

    list_display = ("created_at", "kind", "state", "person_id", "attempts", "due", "error")
    list_filter = (StateFilter,)
    ordering = ("-created_at",)
    show_full_result_count = False
    actions = ("retry",)
    # Not the payload, which may have an address.
    fields = (*list_display, "key", "failed_at", "expires_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: what asks for a job adds it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def response_action(self, request: HttpRequest, queryset: Any, *args: Any) -> Any:
        """Refuse what is no id of a job."""
        if all(map(_is_id, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return super().response_action(request, queryset, *args)
        self.message_user(request, "There is no such job.", messages.ERROR)
        return None

    @admin.display(description="state")
    def state(self, job: Job) -> str:
        """`waiting`, `running` or `failed`."""
        return job.state

    @admin.action(description="Try again those that have failed", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Make the chosen failed jobs due now."""
        again = [job for job in queryset if Job.objects.retry(job.pk)]
        for job in again:
            self.log_change(request, job, "Tried again.")
        left = queryset.count() - len(again)
        if again:
            self.message_user(request, f"{len(again)} tried again.", messages.SUCCESS)
        if left:
            text = f"{left} left as they are: not failed, or asked for anew meanwhile."
            self.message_user(request, text, messages.WARNING)
