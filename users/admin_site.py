"""The admin's site: one way in, with the second factor where staff need one."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse


class ChatAdminSite(AdminSite):
    """The admin: its sign-in is that of the pages, its second factor too."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Active staff, who have given a second factor in this session where they need one."""
        from .signing_in.second_factors import was_given  # needs the models

        return super().has_permission(request) and was_given(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Our own page; whoever is let in already goes on."""
        from .pages.sign_in import AdminSignInPage  # needs the models

        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        return AdminSignInPage.as_view()(request)
