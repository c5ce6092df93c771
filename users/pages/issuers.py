"""The pages of sign-in by OpenID Connect: to an issuer, back from it, and what follows."""

from __future__ import annotations

import logging
import time
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.generic import View

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.stores.outages import deadline, no_deadline
from users import emails
from users.identity import Identity
from users.models import User
from users.signing_in import issuers, reauthentication, second_steps, sign_ins
from users.signing_in.backends import WAITS

logger = logging.getLogger(__name__)

INACTIVE = "This account can’t be signed in to."
OTHERS = "It belongs to another account here already."
NOT_YOURS = "That isn’t the one that your account here is connected to."
FRESH = 300  # seconds since the password was given, for it to count as given again


# To an issuer and back ---------------------------------------------------------------------------


def leave(request: HttpRequest, issuer_id: str, **purpose: Any) -> HttpResponse:
    """A page that leads on to an issuer.

    Not a redirect: browsers would hold it against the policy of the form (`form-action`).
    """
    limits.ISSUERS.spend(client_network(request))
    issuer = issuers.named(issuer_id)
    purpose["next"] = second_steps.safe(request, request.POST.get("next", ""))
    try:
        address = issuers.address_of(request, issuer_id, **purpose)
    except issuers.FAILURES as error:
        return failed(request, issuer["name"], error)
    return render(request, "users/to_issuer.html", {"address": address, "issuer": issuer})


class SignInByIssuer(View):
    """Go to an issuer, to sign in by it or to make an account."""

    def post(self, request: HttpRequest, issuer_id: str) -> HttpResponse:
        return leave(request, issuer_id, why="sign_in")


class Callback(View):
    """Where an issuer sends a browser back to."""

    def get(self, request: HttpRequest, issuer_id: str) -> HttpResponse:
        issuer = issuers.named(issuer_id)
        if issuers.is_awaited(request):  # otherwise nobody is asked, and another site may lead here
            limits.ISSUERS.spend(client_network(request))
        try:
            return issuers.come_back(request, issuer_id)
        except issuers.FAILURES as error:
            return failed(request, issuer["name"], error)


def failed(request: HttpRequest, name: str, error: Any = None) -> HttpResponse:
    """What somebody sees whom an issuer didn't let in, or whose sign-in there can't be believed."""
    logger.warning("A sign-in by an issuer failed: %r", error)
    messages.error(request, f"Signing in by {name} didn’t work. Nothing was changed.")
    return redirect("users:issuers" if request.user.is_authenticated else "users:sign_in")


def arrive(request: HttpRequest, login: SocialLogin, purpose: dict[str, Any]) -> HttpResponse:
    """What somebody sees who has come back from an issuer, which says who they are."""
    with no_deadline(), deadline():  # the issuer may have taken the time of the stores
        if purpose["why"] == "sign_in":
            return _sign_in(request, login, purpose["next"])
        # Whoever began this may have signed out, and somebody else in.
        if request.user.pk != purpose["user_id"]:
            return redirect("users:sign_in")
        if purpose["why"] == "connect":
            return _connect(request, login)
        return _confirm(request, login, purpose["next"])


def _sign_in(request: HttpRequest, login: SocialLogin, next_url: str) -> HttpResponse:
    """Sign in to the account of an identity, or offer to make one. Addresses connect nothing."""
    if not login.is_existing:
        Identity.of(login).keep(request)
        return redirect("users:issuer_sign_up")
    user: User = login.account.user
    if not user.is_active:
        messages.error(request, WAITS if user.awaits_approval else INACTIVE)
        return redirect("users:sign_in")
    return second_steps.enter(request, user, next_url or resolve_url("chats:list"))


def _connect(request: HttpRequest, login: SocialLogin) -> HttpResponse:
    """Connect an identity to the account of whoever is signed in; its address is told."""
    assert isinstance(request.user, User)
    user, account = request.user, login.account
    if not login.is_existing:
        try:
            with transaction.atomic():
                account.user = user
                account.save()
        except IntegrityError:  # connected in the meantime
            return redirect("users:issuers")
        emails.tell(user.email, user.username, "can be signed in to by one more issuer")
        messages.success(request, "Connected: you can sign in by it now.")
    elif account.user_id != user.pk:
        messages.error(request, OTHERS)
    return redirect("users:issuers")


def _confirm(request: HttpRequest, login: SocialLogin, next_url: str) -> HttpResponse:
    """Note that a person has just signed in at their issuer again."""
    account: SocialAccount = login.account
    given_at = login.claims.get("auth_time")
    is_fresh = isinstance(given_at, int) and time.time() - given_at < FRESH
    if not login.is_existing or account.user_id != request.user.pk or not is_fresh:
        messages.error(request, NOT_YOURS if is_fresh else "It didn’t ask for your password again.")
        return redirect("users:issuers")
    reauthentication.allow(sign_ins.of_session(request.session))
    messages.success(request, "Confirmed, for five minutes.")
    return redirect(next_url or "users:profile")
