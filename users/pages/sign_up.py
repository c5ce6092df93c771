"""The pages by which people make accounts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.generic import CreateView, FormView

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.limits.at_once import password_of
from users import group_invitations, identity, invitations, mails, registration, repeats
from users.identity import Identity
from users.models import Invitation, User
from users.signing_in import issuers, second_steps
from users.signing_in.backends import WAITS, remember_place

from .account_forms import IssuerSignUpForm, SignUpForm
from .invitation_forms import InvitationForm
from .password_forms import ResetForm

CODE_MAILED = "We mail a code to your address: your profile asks for it."
CODE_LATER = "We mail a code to your address once your account is let in."


class AccountFormMixin:
    """Shows the form again if a unique value was taken after validation."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except IntegrityError:
            form.full_clean()
            if form.is_valid():
                raise
            return self.form_invalid(form)  # type: ignore[attr-defined]


class NewPeople:
    """A page for those who may make an account; who is signed in has one."""

    request: HttpRequest
    invitation: Invitation | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect("chats:list")
        self.invitation = invitations.of_browser(request)
        try:
            registration.check_open(self.invitation)
        except PermissionDenied as refusal:
            why = {"why": str(refusal), "by_invitation": str(refusal) == registration.INVITED_ONLY}
            return render(request, "users/no_sign_up.html", why, status=403)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]
            issuers=settings.OIDC_ISSUERS,
            invitation=self.invitation,
            group=self.invitation and group_invitations.name_of(self.invitation),
            approval=registration.needs_approval(self.invitation),
        )
        return {**context, **kwargs}


class SignUp(NewPeople, AccountFormMixin, CreateView):
    """Create an account and sign in to it, unless it waits for a moderator."""

    form_class: Any = SignUpForm
    template_name = "users/sign_up.html"
    success_url = reverse_lazy("chats:list")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self._repeated(request) or super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "invitation": self.invitation}

    def form_invalid(self, form: Any) -> HttpResponse:
        return self._repeated(self.request) or super().form_invalid(form)

    def _repeated(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to a form that is sent again: as to the one that made the account."""
        if request.method != "POST":
            return None
        user = repeats.just_made(request, *map(request.POST.get, ("username", "password1")))
        if user is None or request.user.is_authenticated:
            return None
        return self._begin(user, mailed=False)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        network = client_network(request)
        limits.REGISTER.spend(network)
        with password_of(network):
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        email = form.cleaned_data.get("email", "")
        if email:
            mails.spend(email, self.request)
        repeats.begin(form.cleaned_data["username"])
        try:
            response = super().form_valid(form)
        except ValidationError as ended:
            form.add_error(None, ended)
            return self.form_invalid(form)
        if self.object is None:  # the name was taken in the meantime
            return response
        registration.welcome(self.object, email)
        return self._begin(self.object, bool(email))

    def _next(self, user: User) -> str:
        """Where to go on: to the group of the invitation, or its page if it can't be joined."""
        invitation = self.invitation
        if invitation is None or invitation.kind != Invitation.Kind.GROUP:
            return str(self.success_url)
        if group_invitations.arrive(user, invitation):
            return reverse("chats:detail", args=[invitation.chat_id])
        invitations.keep(invitation, self.request)
        return reverse("chats:invitation")

    def _begin(self, user: User, mailed: bool) -> HttpResponse:
        """Sign in to the new account, or say that it waits."""
        invitations.forget(self.request)
        if mailed:
            messages.info(self.request, CODE_MAILED if user.is_active else CODE_LATER)
        if user.is_active:
            remember_place(user, self.request)
            return second_steps.enter(self.request, user, self._next(user))
        messages.info(self.request, f"Your account was made. {WAITS}")
        return redirect("users:sign_in")


class SignUpByIssuer(SignUp):
    """Create an account for somebody whom an issuer has just named, and who has none."""

    form_class = IssuerSignUpForm
    template_name = "users/issuer_sign_up.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.identity = Identity.of_browser(request)
        if self.identity is None:
            return redirect("users:sign_in")
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        assert self.identity is not None
        return {name: getattr(self.identity, name) for name in IssuerSignUpForm.Meta.fields}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "identity": self.identity}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        assert self.identity is not None
        issuer = issuers.named(self.identity.issuer_id)
        return super().get_context_data(issuer=issuer, identity=self.identity, **kwargs)

    def _begin(self, user: User, mailed: bool) -> HttpResponse:
        self.request.session.pop(identity.KEY, None)
        return super()._begin(user, mailed)


class SignUpAddress(NewPeople, SuccessMessageMixin, FormView):
    """Mail the code that confirms the address of a new account."""

    form_class = ResetForm
    template_name = "users/sign_up_address.html"
    success_url = reverse_lazy("users:sign_up")
    success_message = "A mail with a code is on its way."

    def form_valid(self, form: ResetForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        try:
            registration.check_domain(email)
        except ValidationError as refusal:
            form.add_error("email", refusal)
            return self.form_invalid(form)
        mails.spend(email, self.request)
        registration.mail_code(email)
        return super().form_valid(form)


class OpenInvitation(FormView):
    """Open an invitation; its code is behind the `#` of its link, which keeps it out of logs."""

    form_class = InvitationForm
    template_name = "users/invitation.html"

    def form_valid(self, form: InvitationForm) -> HttpResponse:
        invitation = invitations.find(form.cleaned_data["code"], self.request)
        if invitation is None:
            form.add_error("code", registration.BAD_INVITATION)
            return self.form_invalid(form)
        invitations.keep(invitation, self.request)
        to_a_group = invitation.kind == Invitation.Kind.GROUP
        return redirect("chats:invitation" if to_a_group else "users:sign_up")
