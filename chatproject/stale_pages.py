"""What answers a form of a page that a sign-in, here or in another tab, has made out of date."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse

NOTHING_CHANGED = "This page was out of date, or cookies are off: nothing was changed."


def stale_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`: 403 with the form again, to go on with what was typed.

    Only a browser that says that one of our own pages sent the form is offered that; passwords are
    asked for again. Signing in or up where one is signed in already leads on.
    """
    if not _is_our_form(request):
        context = {"status": 403, "reason": NOTHING_CHANGED}
        return render(request, "refused.html", context, status=403)
    if request.user.is_authenticated and _is_for_visitors(request):
        messages.info(request, f"You were signed in already, as {request.user.get_username()}.")
        return redirect(request.get_full_path())
    typed = [each for each in _typed(request) if "password" not in each[0]]
    passwords = [name for name, _ in _typed(request) if "password" in name]
    context = {"typed": typed, "passwords": passwords}
    return render(request, "stale.html", context, status=403)


def _is_our_form(request: HttpRequest) -> bool:
    """Whatever names a foreign origin was refused before (`RefusalsMiddleware`)."""
    return request.method == "POST" and "Origin" in request.headers


def _is_for_visitors(request: HttpRequest) -> bool:
    pages = {resolve_url(settings.LOGIN_URL), reverse("users:sign_up"), reverse("admin:login")}
    return request.path in pages


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The names and values of the form, without its token."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    return [each for each in fields if each[0] != "csrfmiddlewaretoken"]
