"""A change of one's own account by a button beside a field for the password."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import View

from users.models import User
from users.signing_in import reauthentication

from .views import not_owner


def own(request: HttpRequest) -> User:
    """Whoever is signed in."""
    assert isinstance(request.user, User)
    return request.user


class OwnChange(ABC, LoginRequiredMixin, View):
    """Makes the change for whoever gives the password; `page` is where it was asked for."""

    page: str

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if reauthentication.is_owner(request):
            return self.change(own(request), **kwargs)
        messages.error(request, f"{not_owner(request)} Nothing was changed.")
        return redirect(self.page)

    @abstractmethod
    def change(self, user: User, **kwargs: Any) -> HttpResponse:
        """Do what was asked for."""
