"""The page of one's invitations."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView, View

from chatproject.limits import limits
from users import invitations
from users.models import User

from .invitation_forms import NewInvitationForm

A_PAGE = 20


class Invitations(LoginRequiredMixin, FormView):
    """List one's invitations and who came by them, and make one."""

    form_class = NewInvitationForm
    template_name = "users/invitations.html"

    def get_user(self) -> User:
        """Whoever is signed in."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pages = Paginator(invitations.of(self.get_user()), A_PAGE)
        page = pages.get_page(self.request.GET.get("page"))
        may = invitations.may_invite(self.get_user())
        return super().get_context_data(page_obj=page, may_make=may, **kwargs)

    def form_valid(self, form: NewInvitationForm) -> HttpResponse:
        invitations.check_may_invite(self.get_user())
        _, code = invitations.make(self.get_user(), **form.cleaned_data)
        # In this answer alone: nothing that is stored can be used.
        context = self.get_context_data(form=self.form_class(), link=invitations.link(code))
        return self.render_to_response(context)


class RevokeInvitation(LoginRequiredMixin, View):
    """Withdraw one of one's invitations."""

    def post(self, request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
        assert isinstance(request.user, User)
        limits.DELETIONS.spend(request.user.pk)
        if invitations.revoke(invitations.of(request.user), invitation_id):
            messages.success(request, "The invitation was withdrawn.")
        return redirect("users:invitations")
