"""The pages by which people sign in: the password, then a second factor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.generic import FormView

from chatproject.headers import PASSKEY_PERMISSIONS
from users.models import SecondStep, User
from users.signing_in import passkeys, second_factor_changes, second_factors, second_steps

from .password_forms import SignInForm
from .second_factor_forms import AppForm, CodeForm

NEW_APP = "totp_secret"  # in a session: that of an app which isn't set up yet, encrypted


class AllowsPasskeys:
    """A page whose scripts may use passkeys; all others may not."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(  # type: ignore[misc]
            request, *args, **kwargs
        )
        response.headers["Permissions-Policy"] = PASSKEY_PERMISSIONS
        return response


class SignInPage(AllowsPasskeys, LoginView):
    """Sign in by user name and password."""

    authentication_form: Any = SignInForm
    template_name = "users/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(issuers=settings.OIDC_ISSUERS, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        return second_steps.enter(self.request, form.get_user(), self.get_success_url())


class AdminSignInForm(AdminAuthenticationForm):
    """For staff alone; otherwise that of the page."""

    error_messages = {
        **SignInForm.error_messages,
        "invalid_login": "The user name or the password is wrong, or the account isn't staff's.",
    }


class AdminSignInPage(SignInPage):
    """Sign in to the admin, also if somebody is signed in who isn't let in."""

    authentication_form = AdminSignInForm
    redirect_authenticated_user = False
    next_page = "admin:index"


class SecondStepPage(AllowsPasskeys, FormView):
    """Give a second factor; staff who need one and have none set one up."""

    template_name = "users/second_step.html"
    step: SecondStep
    next_url: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = second_steps.of_session(request)
        if found is None:
            messages.error(request, second_steps.ENDED)
            return redirect("users:sign_in")
        self.step, self.next_url = found
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class: Any = None) -> Any:
        if second_factors.is_on(self.step.user):
            return CodeForm(**self.get_form_kwargs())
        secret = secret_of(self.request, self.step.user)
        return AppForm(self.step.user, secret=secret, **self.get_form_kwargs())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.step.user
        has_passkey = second_factors.has_passkey(user)
        return super().get_context_data(account=user, has_passkey=has_passkey, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = request.POST.get("credential")
        if answer is None:
            return super().post(request, *args, **kwargs)
        if second_steps.try_passkey(self.step, answer, request):
            second_steps.finish(request, self.step.user)
            return redirect(self.next_url)
        messages.error(request, passkeys.WRONG)
        return redirect("users:second_step")

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = self.step.user
        if isinstance(form, AppForm):
            return self._set_up(form, user)
        if not second_steps.try_code(self.step, form.cleaned_data["code"], self.request):
            return self._refuse(form)
        second_steps.finish(self.request, user)
        return redirect(self.next_url)

    def _set_up(self, form: AppForm, user: User) -> HttpResponse:
        if not self.step.use():
            return redirect("users:second_step")
        codes = form.save()
        if codes is None:  # it has been set up meanwhile
            return redirect("users:sign_in")
        self.request.session.pop(NEW_APP, None)
        second_steps.finish(self.request, user)
        second_factor_changes.end_former(user, self.request, codes)
        context = {"codes": codes, "next_url": self.next_url}
        return render(self.request, "users/recovery_codes.html", context)

    def _refuse(self, form: Any) -> HttpResponse:
        """The form again, or the first one if no try is left."""
        if second_steps.of_session(self.request) is None:
            messages.error(self.request, second_steps.ENDED)
            return redirect("users:sign_in")
        form.add_error("code", second_factors.WRONG)
        return self.form_invalid(form)


def secret_of(request: HttpRequest, user: User) -> str:
    """The secret of the app that somebody is about to set up in a browser, encrypted.

    Another person gets another one, also in the same browser: it outlasts signing in.
    """
    user_id, secret = request.session.get(NEW_APP, (None, ""))
    if user_id != user.pk:
        secret = second_factors.new_secret()
        request.session[NEW_APP] = [user.pk, secret]
    return str(secret)
