"""The second step of a sign-in: whoever has given a right password gives a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from chatproject.limits import limits
from chatproject.limits.addresses import client_network
from chatproject.text.names import same_name
from users.models import SecondStep, User

from . import passkeys, second_factors
from .backends import remember_place

KEY = "second_step"  # in a session: the id of its step, and where it leads
ENDED = "This sign-in took too long or too many tries: begin again."


def enter(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    """Sign in a browser whose first step was right, or ask it for the second one."""
    if not second_factors.is_asked_for(user):
        login(request, user)
        return redirect(next_url)
    step, _ = SecondStep.begin(user)
    request.session[KEY] = [str(step.pk), next_url]
    return redirect("users:second_step")


def of_session(request: HttpRequest) -> tuple[SecondStep, str] | None:
    """The step that a browser is at, and where it leads; None if it has ended."""
    step_id, next_url = request.session.get(KEY) or ("", "")
    step = SecondStep.of_id(step_id) if step_id else None
    return (step, next_url) if step else None


def try_code(step: SecondStep, code: str, request: HttpRequest) -> bool:
    """Whether a code is right, which ends the step; `TooMany` if too many are tried."""
    return _try(step, request, lambda: second_factors.is_code(step.user, code))


def try_passkey(step: SecondStep, answer: str, request: HttpRequest) -> bool:
    """Whether a passkey of the person has answered, as `try_code`."""
    return _try(step, request, lambda: passkeys.used(request, answer, step.user) is not None)


def _try(step: SecondStep, request: HttpRequest, is_right: Callable[[], bool]) -> bool:
    with_limit = _whose(step.user, request)
    limits.SECOND_FACTOR.spend(*with_limit)
    if not (step.take_try() and is_right() and step.use()):
        return False
    limits.SECOND_FACTOR.give_back(*with_limit)
    remember_place(step.user, request)
    return True


def finish(request: HttpRequest, user: User) -> None:
    """Sign in a browser whose second step was right."""
    request.session.pop(KEY, None)
    login(request, user)
    request.session[second_factors.GIVEN] = True


def safe(request: HttpRequest, url: str) -> str:
    """The address, if it is that of a page of ours, or ""."""
    hosts, secure = {request.get_host()}, request.is_secure()
    return url if url_has_allowed_host_and_scheme(url, hosts, require_https=secure) else ""


def _whose(user: User, request: HttpRequest) -> tuple[int, str]:
    """Places that the person has signed in from are counted apart, as passwords are."""
    network = client_network(request)
    return user.pk, network if limits.is_remembered(same_name(user.username), network) else ""
