"""The pages of passkeys, and what their scripts ask for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.views.generic import FormView, View

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from users.signing_in import (
    passkeys,
    reauthentication,
    second_factor_changes,
    second_factors,
    second_steps,
)
from users.signing_in.backends import remember_place

from .own_change import own
from .password_forms import PasswordAskedForm
from .second_factors import show
from .sign_in import AllowsPasskeys
from .views import not_owner


def refused(text: str) -> JsonResponse:
    """What a script is told instead of a challenge."""
    return JsonResponse({"detail": text}, status=403)


class MakingOptions(LoginRequiredMixin, View):
    """The challenge of a new passkey, for the password."""

    def post(self, request: HttpRequest) -> HttpResponse:
        user = own(request)
        if second_factors.of(user).filter(type=second_factors.Type.WEBAUTHN).count() >= (
            passkeys.MOST
        ):
            return refused(passkeys.TOO_MANY)
        if not reauthentication.is_owner(request):
            return refused(not_owner(request))
        return JsonResponse(passkeys.begin_making(request, user))


class AddPasskey(LoginRequiredMixin, AllowsPasskeys, FormView):
    """Add a passkey, by its answer to a challenge that the password was given for."""

    form_class = PasswordAskedForm
    template_name = "users/add_passkey.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        confirmed = reauthentication.is_confirmed(self.request)
        return {**super().get_form_kwargs(), "user": own(self.request), "confirmed": confirmed}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        made = passkeys.made(request, own(request), request.POST.get("credential", ""))
        if made is None:
            messages.error(request, passkeys.WRONG)
            return redirect("users:add_passkey")
        codes = second_factor_changes.add_passkey(own(request), made)
        request.session[second_factors.GIVEN] = True
        second_factor_changes.end_former(own(request), request, codes)
        messages.success(request, "You can sign in by this passkey from now on.")
        return show(request, codes) if codes else redirect("users:second_factors")


class UsingOptions(View):
    """The challenge for signing in by a passkey: at the second step the person's, or anybody's."""

    def post(self, request: HttpRequest) -> HttpResponse:
        limits.PASSKEYS.spend(client_network(request))
        if "second_step" not in request.POST:
            return JsonResponse(passkeys.begin(request))
        found = second_steps.of_session(request)
        if found is None:
            return refused(second_steps.ENDED)
        return JsonResponse(passkeys.begin(request, found[0].user))


class SignInByPasskey(View):
    """Sign in by a passkey alone, which is something one has and something one knows or is."""

    def post(self, request: HttpRequest) -> HttpResponse:
        network = client_network(request)
        limits.SIGN_IN_ADDRESS.spend(network)
        user = passkeys.used(request, request.POST.get("credential", ""))
        if user is None:
            messages.error(request, passkeys.WRONG)
            return redirect("users:sign_in")
        limits.SIGN_IN_ADDRESS.give_back(network)
        remember_place(user, request)
        second_steps.finish(request, user)
        next_url = second_steps.safe(request, request.POST.get("next", ""))
        return redirect(next_url or resolve_url("chats:list"))
