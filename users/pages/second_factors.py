"""The pages of one's own second factors; each change asks for the password."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import FormView

from users.models import User
from users.signing_in import reauthentication, second_factor_changes, second_factors

from .own_change import OwnChange, own
from .password_forms import PasswordAskedForm
from .second_factor_forms import OwnAppForm
from .sign_in import NEW_APP, secret_of
from .views import PasswordAskedMixin


def show(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The page of new recovery codes: in this answer alone."""
    return render(request, "users/recovery_codes.html", {"codes": codes})


class OwnSecondFactors(LoginRequiredMixin, FormView):
    """List one's second factors."""

    form_class = PasswordAskedForm
    template_name = "users/second_factors.html"
    http_method_names = ("get", "head", "options")

    def get_form_kwargs(self) -> dict[str, Any]:
        confirmed = reauthentication.is_confirmed(self.request)
        return {**super().get_form_kwargs(), "user": own(self.request), "confirmed": confirmed}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = own(self.request)
        factors = list(second_factors.factors_of(user))
        return super().get_context_data(
            factors=factors,
            has_app=any(factor.type == second_factors.Type.TOTP for factor in factors),
            codes_left=second_factor_changes.codes_left(user),
            must_have=second_factors.must_have(user),
            **kwargs,
        )


class SetUpApp(LoginRequiredMixin, PasswordAskedMixin, FormView):
    """Set up an app that shows codes, in place of another one."""

    form_class = OwnAppForm
    template_name = "users/set_up_app.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        secret = secret_of(self.request, own(self.request))
        return {**super().get_form_kwargs(), **self.owner(), "secret": secret}

    def form_valid(self, form: OwnAppForm) -> HttpResponse:
        codes = form.save()
        self.request.session.pop(NEW_APP, None)
        self.request.session[second_factors.GIVEN] = True
        second_factor_changes.end_former(own(self.request), self.request, codes)
        messages.success(self.request, "Signing in asks for a code of this app from now on.")
        return show(self.request, codes) if codes else redirect("users:second_factors")


class Change(OwnChange):
    """A change of one's second factors."""

    page = "users:second_factors"


class NewRecoveryCodes(Change):
    """Make new recovery codes, which end the former ones."""

    def change(self, user: User, **kwargs: Any) -> HttpResponse:
        if not second_factors.is_on(user):
            return redirect("users:second_factors")
        return show(self.request, second_factor_changes.new_recovery_codes(user))


class TurnOff(Change):
    """Turn one factor off, and with the last one the recovery codes."""

    def change(self, user: User, **kwargs: Any) -> HttpResponse:
        if second_factor_changes.turn_off(user, kwargs["factor_id"]):
            messages.success(self.request, "It was turned off.")
        else:
            messages.error(self.request, second_factor_changes.STAFF_NEED_ONE)
        return redirect("users:second_factors")
