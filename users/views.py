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
    """Shows the form again if somebody took a unique value after it was checked."""

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
    """Make an account, and be signed in to it."""

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
        if self.object is not None:  # None: the name was taken meanwhile
            login(self.request, self.object)
            remember_place(self.object, self.request)
        return response


class SignInPage(LoginView):
    authentication_form = SignInForm
    template_name = "users/sign_in.html"
    redirect_authenticated_user = True


class Profile(LoginRequiredMixin, SuccessMessageMixin, UpdateView):
    form_class = ProfileForm
    template_name = "users/profile.html"
    success_url = reverse_lazy("users:profile")
    success_message = "Your profile was saved."

    def get_object(self, queryset: Any = None) -> User:
        # Another instance than `request.user`: a refused form must not change what pages show.
        return User.objects.get(pk=self.request.user.pk)


class PasswordAskedMixin:
    """Counts as a try to sign in: who finds a browser signed in may guess as often as anybody."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with one_try(request.user.get_username(), client_network(request)):
            return super().post(request, *args, **kwargs)  # type: ignore[misc]


class PasswordChange(PasswordAskedMixin, SuccessMessageMixin, PasswordChangeView):
    """A new password; ends every other sign-in."""

    template_name = "users/password_change.html"
    success_url = reverse_lazy("users:profile")
    success_message = "Your password was changed."

    def form_valid(self, form: BaseForm) -> HttpResponse:
        # Both at once: with the new password and the old session, this one would seem to be over.
        with transaction.atomic():
            response = super().form_valid(form)
        here = sign_ins.of_session(self.request.session)
        sign_ins.end_all(self.request.user.pk, "The password was changed.", but=here)
        return response


class SignIns(LoginRequiredMixin, ListView):
    """Where one is signed in."""

    template_name = "users/sign_ins.html"
    context_object_name = "sign_ins"
    paginate_by = 50

    def get_queryset(self) -> QuerySet[SignIn]:
        found: QuerySet[SignIn] = SignIn.objects.of(self.request.user.pk)
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(here=sign_ins.of_session(self.request.session), **kwargs)


class EndSignIn(LoginRequiredMixin, View):
    """Sign out another place, or this one."""

    def post(self, request: HttpRequest, sign_in_id: uuid.UUID) -> HttpResponse:
        if sign_in_id == sign_ins.of_session(request.session):
            logout(request)
            return redirect("users:sign_in")
        if sign_ins.end(request.user.pk, sign_in_id, sign_ins.SIGNED_OUT):
            messages.success(request, "Signed out there.")
        return redirect("users:sign_ins")


class EndOtherSignIns(LoginRequiredMixin, View):
    """Sign out everywhere but here."""

    def post(self, request: HttpRequest) -> HttpResponse:
        here = sign_ins.of_session(request.session)
        sign_ins.end_all(request.user.pk, sign_ins.SIGNED_OUT, but=here)
        messages.success(request, "Signed out everywhere else.")
        return redirect("users:sign_ins")


class PasswordReset(SuccessMessageMixin, PasswordResetView):
    """Mails a link; says the same whether or not the address belongs to an account."""

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
    """Takes the code of the mail, which its link has behind the `#`: so no log has it."""

    form_class = ResetCodeForm
    template_name = "users/password_reset_code.html"

    def form_valid(self, form: ResetCodeForm) -> HttpResponse:
        uid, token = form.cleaned_data["code"]
        self.request.session[INTERNAL_RESET_SESSION_TOKEN] = token
        return redirect("users:password_reset_confirm", uid)


class PasswordResetConfirm(SuccessMessageMixin, PasswordResetConfirmView):
    template_name = "users/password_reset_confirm.html"
    success_url = reverse_lazy("users:sign_in")
    success_message = "Your new password is set. Please sign in."

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response = super().form_valid(form)
        assert isinstance(self.user, User)
        logout(self.request)  # or this session would be saved after it was ended
        sign_ins.end_all(self.user.pk, "The password was changed.")
        remember_place(self.user, self.request)
        return response


class DeleteAccount(LoginRequiredMixin, PasswordAskedMixin, FormView):
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
