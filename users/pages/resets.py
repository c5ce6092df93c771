"""The pages for a forgotten password."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.generic import FormView

from users import actions, mails, resets
from users.models import BAD_CODE
from users.signing_in import second_factors
from users.signing_in.backends import remember_place

from .password_forms import NewPasswordForm, ResetForm


class PasswordReset(SuccessMessageMixin, FormView):
    """Mail a code; the answer doesn't reveal whether the address has an account."""

    form_class = ResetForm
    template_name = "users/password_reset.html"
    success_url = reverse_lazy("users:sign_in")
    success_message = "If this address belongs to an account, a mail is on its way to it."

    def form_valid(self, form: ResetForm) -> HttpResponse:
        email = form.cleaned_data["email"]
        mails.spend(email, self.request)
        resets.ask(email)
        return super().form_valid(form)


class NewPassword(SuccessMessageMixin, FormView):
    """Set a new password by a mailed code; ends every sign-in.

    The link has the code after the `#`, which keeps it out of logs.
    """

    form_class = NewPasswordForm
    template_name = "users/password_reset_code.html"
    success_url = reverse_lazy("users:sign_in")
    success_message = "Your new password is set. Please sign in."

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        user = form.save()
        if user is None:  # the code was used in the meantime
            form.add_error("code", BAD_CODE)
            return self.form_invalid(form)
        logout(self.request)  # otherwise this session would be saved after it has ended
        actions.password_changed(user)
        if not second_factors.is_asked_for(user):  # otherwise the mail isn't enough
            remember_place(user, self.request)
        return super().form_valid(form)
