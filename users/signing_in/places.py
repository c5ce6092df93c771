"""A mail about a sign-in from a new place: a device or a network that the person had not used.

The mail has nothing in it that a client can choose the words of: devices are named from a list.
"""

from __future__ import annotations

import hashlib
import ipaddress

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from chatproject.jobs.kinds import Kind
from chatproject.jobs.models import Job
from chatproject.limits.addresses import client_network
from users import mails
from users.devices import known_device_of
from users.models import KnownPlace, User

KEPT = 50  # places of a person, the latest used
PREFIXES = {4: 24, 6: 48}  # bits of an address that stay when a provider gives another one


def note(user: User, request: HttpRequest) -> None:
    """Remember where somebody signs in; if it is a new place, but not the first, mail that."""
    device, network = known_device_of(request.headers.get("User-Agent", "")), network_of(request)
    place_hash = hashlib.sha256(f"{user.pk}\n{device}\n{network}".encode()).hexdigest()
    places = KnownPlace.objects.filter(user=user)
    is_first = not places.exists()
    place, is_new = places.update_or_create(
        user=user, place_hash=place_hash, defaults={"seen_at": timezone.now()}
    )
    if not is_new:
        return
    latest = places.order_by("-seen_at").values_list("pk", flat=True)[:KEPT]
    places.exclude(pk__in=list(latest)).delete()
    if user.email and not is_first:
        _mail(user, place, device, network)


def network_of(request: HttpRequest) -> str:
    """The network that a request comes from: /24 of IPv4, /48 of IPv6; "" if it isn't known."""
    try:
        address = ipaddress.ip_network(client_network(request))
    except ValueError:
        return ""
    return str(address.supernet(new_prefix=PREFIXES[address.version]))


def _mail(user: User, place: KnownPlace, device: str, network: str) -> None:
    payload = {
        "to": user.email,
        "username": user.username,
        "device": device,
        "network": network,
        "at": f"{place.seen_at:%Y-%m-%d %H:%M} UTC",
        "path": reverse("users:sign_ins"),
    }
    mails.queue(NEW_PLACE_MAIL, f"{place.pk}", payload)


def _send(job: Job) -> None:
    mails.send("new_place", **job.payload)


NEW_PLACE_MAIL = Kind("new_place_mail", _send, mails.LANE, mails.ATTEMPTS)
