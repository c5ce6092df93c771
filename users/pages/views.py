"""The account pages; signing in: `sign_in_pages.py`, new accounts: `sign_up_pages.py`."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import FormView, ListView, UpdateView, View

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from users import actions, emails
from users.models import SignIn, User
from users.signing_in import hashers, reauthentication, sign_ins
from users.signing_in.backends import one_try

from .account_forms import ProfileForm
from .password_forms import CONFIRM, PasswordAskedForm


class Profile(LoginRequiredMixin, SuccessMessageMixin, UpdateView):
    """Edit one's names, and who may add one to groups."""

    form_class = ProfileForm
    template_name = "users/profile.html"
    success_url = reverse_lazy("users:profile")
    success_message = "Your profile was saved."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pending, others = emails.pending(self.object), settings.OIDC_ISSUERS
        return super().get_context_data(pending=pending, issuers=others, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        limits.PROFILE.spend(self.request.user.pk)
        return super().form_valid(form)

    def get_object(self, queryset: Any = None) -> User:
        # Not `request.user` itself: an invalid form must not change what the page shows.
        return User.objects.get(pk=self.request.user.pk)


class PasswordAskedMixin:
    """Counts a post as a sign-in attempt, so a signed-in browser gives no extra guesses."""

    request: HttpRequest

    def owner(self) -> dict[str, Any]:
        """What a `PasswordAskedForm` must know of whoever is signed in."""
        confirmed = reauthentication.is_confirmed(self.request)
        return {"user": self.request.user, "confirmed": confirmed}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with one_try(request.user.get_username(), client_network(request)):
            return super().post(request, *args, **kwargs)  # type: ignore[misc]


class PasswordChange(PasswordAskedMixin, SuccessMessageMixin, PasswordChangeView):
    """Change one's password; ends every other sign-in."""

    template_name = "users/password_change.html"
    success_url = reverse_lazy("users:profile")
    success_message = "Your password was changed."

    def form_valid(self, form: BaseForm) -> HttpResponse:
        # Atomic: the new password with the old session hash would sign this browser out.
        with hashers.ahead(form.cleaned_data["new_password1"]), transaction.atomic():
            response = super().form_valid(form)
        assert isinstance(self.request.user, User)
        here = sign_ins.of_session(self.request.session)
        actions.password_changed(self.request.user, here=here)
        return response


class SignIns(LoginRequiredMixin, ListView):
    """List where one is signed in."""

    template_name = "users/sign_ins.html"
    context_object_name = "sign_ins"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[SignIn]:
        found: QuerySet[SignIn] = SignIn.objects.of(self.request.user.pk)
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        assert isinstance(self.request.user, User)
        here, form = (
            sign_ins.of_session(self.request.session),
            PasswordAskedForm(
                self.request.user, confirmed=reauthentication.is_confirmed(self.request)
            ),
        )
        return super().get_context_data(here=here, form=form, **kwargs)


class EndsSignIns(LoginRequiredMixin, View):
    """Ends sign-ins elsewhere, after asking for the password."""

    def is_owner(self) -> bool:
        """Whether the person has shown that it is them; tells them if not."""
        right = reauthentication.is_owner(self.request)
        if not right:
            text = not_owner(self.request)
            messages.error(self.request, f"{text} Nobody was signed out.")
        return right


def not_owner(request: HttpRequest) -> str:
    """What somebody is told whom `reauthentication.is_owner` doesn't know."""
    assert isinstance(request.user, User)
    return "This is not your password." if request.user.has_usable_password() else CONFIRM


class EndSignIn(EndsSignIns):
    """End one of one's sign-ins, here or elsewhere."""

    def post(self, request: HttpRequest, sign_in_id: uuid.UUID) -> HttpResponse:
        if sign_in_id == sign_ins.of_session(request.session):
            logout(request)
            return redirect("users:sign_in")
        if self.is_owner() and sign_ins.end(request.user.pk, sign_in_id, sign_ins.SIGNED_OUT):
            messages.success(request, "Signed out there.")
        return redirect("users:sign_ins")


class EndOtherSignIns(EndsSignIns):
    """End all of one's sign-ins except this one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.is_owner():
            here = sign_ins.of_session(request.session)
            sign_ins.end_all(request.user.pk, sign_ins.SIGNED_OUT, but=here)
            messages.success(request, "Signed out everywhere else.")
        return redirect("users:sign_ins")


class DeleteAccount(LoginRequiredMixin, PasswordAskedMixin, FormView):
    """Delete one's account, after asking for the password."""

    form_class = PasswordAskedForm
    template_name = "users/delete_account.html"
    success_url = reverse_lazy("users:sign_in")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), **self.owner()}

    def form_valid(self, form: PasswordAskedForm) -> HttpResponse:
        actions.delete_account(form.user)
        logout(self.request)
        messages.success(self.request, "Your account was deleted.")
        return super().form_valid(form)
