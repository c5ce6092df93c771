"""The account pages."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    LoginView,
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
)
from django.contrib.messages.views import SuccessMessageMixin
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import CreateView, FormView, ListView, UpdateView, View

from chatproject.limits import limits
from chatproject.limits.addresses import client_network

from . import actions, sign_ins
from .backends import one_try, remember_place, same_name
from .forms import DeleteAccountForm, ProfileForm, ResetCodeForm, SignInForm, SignUpForm
from .mails import ResetForm
from .models import SignIn, User


class AccountFormMixin:
    """Shows the form again if a unique value was taken after validation."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)  # type: ignore[misc]
        except IntegrityError:
            form.full_clean()
            if form.is_valid():
                raise
            return self.form_invalid(form)  # type: ignore[attr-defined]


class SignUp(AccountFormMixin, CreateView):
    """Create an account and sign in to it."""

    form_class = SignUpForm
    template_name = "users/sign_up.html"
    success_url = reverse_lazy("chats:list")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect("chats:list")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limits.REGISTER.spend(client_network(request))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if self.object is not None:  # None: the name was taken in the meantime
            login(self.request, self.object)
            remember_place(self.object, self.request)
        return response


class SignInPage(LoginView):
    """Sign in by user name and password."""

    authentication_form = SignInForm
    template_name = "users/sign_in.html"
    redirect_authenticated_user = True


class Profile(LoginRequiredMixin, SuccessMessageMixin, UpdateView):
    """Edit one's names and email address."""

    form_class = ProfileForm
    template_name = "users/profile.html"
    success_url = reverse_lazy("users:profile")
    success_message = "Your profile was saved."

    def get_object(self, queryset: Any = None) -> User:
        # Not `request.user` itself: an invalid form must not change what the page shows.
        return User.objects.get(pk=self.request.user.pk)


class PasswordAskedMixin:
    """Counts a post as a sign-in attempt, so a signed-in browser gives no extra guesses."""

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
        with transaction.atomic():
            response = super().form_valid(form)
        here = sign_ins.of_session(self.request.session)
        sign_ins.end_all(self.request.user.pk, "The password was changed.", but=here)
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
        return super().get_context_data(here=sign_ins.of_session(self.request.session), **kwargs)


class EndSignIn(LoginRequiredMixin, View):
    """End one of one's sign-ins, here or elsewhere."""

    def post(self, request: HttpRequest, sign_in_id: uuid.UUID) -> HttpResponse:
        if sign_in_id == sign_ins.of_session(request.session):
            logout(request)
            return redirect("users:sign_in")
        if sign_ins.end(request.user.pk, sign_in_id, sign_ins.SIGNED_OUT):
            messages.success(request, "Signed out there.")
        return redirect("users:sign_ins")


class EndOtherSignIns(LoginRequiredMixin, View):
    """End all of one's sign-ins except this one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        here = sign_ins.of_session(request.session)
        sign_ins.end_all(request.user.pk, sign_ins.SIGNED_OUT, but=here)
        messages.success(request, "Signed out everywhere else.")
        return redirect("users:sign_ins")


class PasswordReset(SuccessMessageMixin, PasswordResetView):
    """Mail a reset link; the answer doesn't reveal whether the address has an account."""

    form_class = ResetForm
    template_name = "users/password_reset.html"
    email_template_name = "users/password_reset_email.txt"
    subject_template_name = "users/password_reset_subject.txt"
    success_url = reverse_lazy("users:sign_in")
    success_message = "If this address belongs to an account, a mail is on its way to it."

    def form_valid(self, form: Any) -> HttpResponse:
        limits.PASSWORD_RESET_ADDRESS.spend(client_network(self.request))
        limits.PASSWORD_RESET.spend(same_name(form.cleaned_data["email"]))
        return super().form_valid(form)


class PasswordResetCode(FormView):
    """Take the mailed code; the link has it after the `#`, which keeps it out of logs."""

    form_class = ResetCodeForm
    template_name = "users/password_reset_code.html"

    def form_valid(self, form: ResetCodeForm) -> HttpResponse:
        uid, token = form.cleaned_data["code"]
        self.request.session[INTERNAL_RESET_SESSION_TOKEN] = token
        return redirect("users:password_reset_confirm", uid)


class PasswordResetConfirm(SuccessMessageMixin, PasswordResetConfirmView):
    """Set a new password after a reset; ends every sign-in."""

    template_name = "users/password_reset_confirm.html"
    success_url = reverse_lazy("users:sign_in")
    success_message = "Your new password is set. Please sign in."

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response = super().form_valid(form)
        assert isinstance(self.user, User)
        logout(self.request)  # otherwise this session would be saved after it has ended
        sign_ins.end_all(self.user.pk, "The password was changed.")
        remember_place(self.user, self.request)
        return response


class DeleteAccount(LoginRequiredMixin, PasswordAskedMixin, FormView):
    """Delete one's account, after asking for the password."""

    form_class = DeleteAccountForm
    template_name = "users/delete_account.html"
    success_url = reverse_lazy("users:sign_in")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: DeleteAccountForm) -> HttpResponse:
        actions.delete_account(form.user)
        logout(self.request)
        messages.success(self.request, "Your account was deleted.")
        return super().form_valid(form)
