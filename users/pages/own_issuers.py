"""The pages of the issuers that one's own account is connected to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView, View

from users import emails
from users.models import User
from users.signing_in import issuers, reauthentication

from .issuers import leave
from .own_change import OwnChange, own
from .password_forms import PasswordAskedForm

LAST = "Your account has no password: it must stay connected to one."


class OwnIssuers(LoginRequiredMixin, TemplateView):
    """List the issuers, and which of them sign in to one's account."""

    template_name = "users/issuers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = own(self.request)
        connected = set(issuers.of(user).values_list("provider", flat=True))
        listed = [
            {**issuer, "is_connected": issuer["id"] in connected}
            for issuer in settings.OIDC_ISSUERS
        ]
        form = PasswordAskedForm(user, confirmed=reauthentication.is_confirmed(self.request))
        return super().get_context_data(issuers=listed, form=form, **kwargs)


class ConfirmPage(OwnIssuers):
    """Ask whoever has no password to sign in at their issuer again."""

    template_name = "users/confirm.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.request.GET.get("next", ""), **kwargs)


class Confirm(LoginRequiredMixin, View):
    """Go to an issuer, to be confirmed by it."""

    def post(self, request: HttpRequest, issuer_id: str) -> HttpResponse:
        return leave(request, issuer_id, why="confirm", user_id=request.user.pk)


class Change(OwnChange):
    """A change of how an issuer signs in to one's account."""

    page = "users:issuers"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        issuers.named(kwargs["issuer_id"])
        return super().post(request, **kwargs)


class Connect(Change):
    """Go to an issuer, to connect an account there to one's own."""

    def change(self, user: User, **kwargs: Any) -> HttpResponse:
        return leave(self.request, kwargs["issuer_id"], why="connect", user_id=user.pk)


class Disconnect(Change):
    """Sign in by an issuer no more; an account without a password keeps one."""

    def change(self, user: User, **kwargs: Any) -> HttpResponse:
        issuer_id = kwargs["issuer_id"]
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            others = issuers.of(user).exclude(provider=issuer_id)
            if not (user.has_usable_password() or others.exists()):
                messages.error(self.request, LAST)
                return redirect("users:issuers")
            gone, _ = issuers.of(user).filter(provider=issuer_id).delete()
        if gone:
            emails.tell(user.email, user.username, "can be signed in to by one issuer less")
            messages.success(self.request, "Disconnected.")
        return redirect("users:issuers")
