"""The pages of one's address."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.generic import FormView

from users import emails
from users.models import User

from .email_forms import EmailCodeForm, EmailForm
from .views import PasswordAskedMixin


class OwnEmail(LoginRequiredMixin, FormView):
    """A form about the address of whoever is signed in."""

    def get_user(self) -> User:
        """Whoever is signed in."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "user": self.get_user()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(pending=emails.pending(self.get_user()), **kwargs)


class EmailChange(PasswordAskedMixin, OwnEmail):
    """Give another address, or none, with one's password; a code is mailed to it."""

    form_class = EmailForm
    template_name = "users/email.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), **self.owner()}

    def get_initial(self) -> dict[str, Any]:
        user = self.get_user()
        return {"email": emails.pending(user) or user.email}

    def form_valid(self, form: EmailForm) -> HttpResponse:
        emails.change(form.user, form.cleaned_data["email"], self.request)
        if emails.pending(form.user):
            return redirect("users:email_code")
        messages.success(self.request, "Your address was saved.")
        return redirect("users:profile")


class EmailCode(SuccessMessageMixin, OwnEmail):
    """Confirm a new address by the code that was mailed to it."""

    form_class = EmailCodeForm
    template_name = "users/email_code.html"
    success_url = reverse_lazy("users:profile")
    success_message = "Your address is confirmed."
