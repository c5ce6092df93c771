"""How a chat page is rendered: whole, or only the part that a dialog or the pane shows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from chatproject.static_files import version
from chats import protocol
from chats.errors import Refused
from chats.models import Chat, Message
from chats.protocol import CHATS_LISTED
from users.models import User
from users.signing_in.sign_ins import of_session

from .chat_list import ALL, chat_items

# A header that asks for a part alone; in the response it says for which sign-in and scripts.
PARTIAL = "X-Partial"
# By the part asked for.
LAYOUTS = {
    "dialog": "chats/partial.html",
    "pane": "chats/pane.html",
    "thread": "chats/partial.html",
}


class MemberRequest(HttpRequest):
    """A request whose user is signed in."""

    user: User


def find_chat(request: MemberRequest, chat_id: uuid.UUID) -> Chat:
    """A chat of the user; raises `Chat.DoesNotExist` unless the user is a member."""
    chat: Chat = Chat.objects.get_for_member(request.user, chat_id)
    return chat


def allow(rule: bool) -> None:
    """Raise `Refused` unless the rule holds."""
    if not rule:
        raise Refused("You may not do this in this chat.")


def render_page(
    request: MemberRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    whole: bool = False,
    listed: int = CHATS_LISTED,
) -> HttpResponse:
    """Render a template next to the chat list, or alone if a part is requested (`X-Partial`).

    A `whole` page isn't shown in a dialog: the dialog gets 204, and the pane shows the page.
    """
    part = request.headers.get(PARTIAL)
    if part == "dialog" and whole:
        return HttpResponse(status=204)
    context["layout"] = LAYOUTS.get(part or "", "chats/app.html")
    # What is of another sign-in, or for other scripts, doesn't fit into the page that asks.
    context["origin"] = origin = f"{of_session(request.session)}-{version()}"
    if part not in LAYOUTS:
        context |= _list_context(request, listed)
    response = render(request, template, context, status=status)
    patch_vary_headers(response, [PARTIAL])
    if part in LAYOUTS:
        response.headers[PARTIAL] = origin
    return response


def shared_numbers(request: HttpRequest) -> dict[str, Any]:
    """A context processor: the numbers that scripts share with the server, for every page."""
    return {"protocol": protocol.for_browser()}


def _list_context(request: MemberRequest, listed: int) -> dict[str, Any]:
    items, count = chat_items(request.user, ALL if "all" in request.GET else listed)
    blocked = json.dumps(sorted(request.user.blocked_ids), separators=(",", ":"))
    return {"chat_items": items, "more_chats": count > len(items), "blocked_json": blocked}


def chat_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Require a sign-in, and turn refusals of the view into pages: 403 with the reason, or 404."""

    @login_required
    @wraps(view)
    def guarded(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if canonical := _canonical(request):
            return redirect(canonical)
        try:
            return view(request, *args, **kwargs)
        except (Chat.DoesNotExist, Message.DoesNotExist):
            _confirm(request, **kwargs)
            raise Http404 from None
        except Refused as refusal:
            _confirm(request, **kwargs)
            return render_page(request, "chats/refused.html", {"reason": refusal}, status=403)

    return guarded


def _canonical(request: MemberRequest) -> str | None:
    """The address of a page that was asked for with ids in another form; scripts read them."""
    match = request.resolver_match
    if match is None or request.method not in ("GET", "HEAD"):
        return None
    path = reverse(match.view_name, kwargs=match.kwargs)
    return None if path == request.path else request.get_full_path().replace(request.path, path, 1)


def _confirm(request: MemberRequest, chat_id: uuid.UUID | None = None, **_: Any) -> None:
    """Before refusing a change, wait until a majority agrees; 503 if that can't be known."""
    if request.method == "POST" and chat_id:
        Chat.objects.confirm(chat_id)
