"""The page of the people whom one blocks."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import ListView, View

from users import blocks
from users.models import User


class Blocks(LoginRequiredMixin, ListView):
    """List the people whom one blocks."""

    template_name = "users/blocks.html"
    context_object_name = "people"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[User]:
        assert isinstance(self.request.user, User)
        return blocks.blocked_by(self.request.user)


class Unblock(LoginRequiredMixin, View):
    """Block somebody no longer."""

    def post(self, request: HttpRequest, user_id: int) -> HttpResponse:
        assert isinstance(request.user, User)
        blocks.unblock(request.user, user_id)
        messages.success(request, "You don’t block them any more.")
        return redirect("users:blocks")
