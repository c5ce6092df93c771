"""Where a request comes from, also behind proxies."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

IPV6_NETWORK = 64  # bits: what one customer has, and may take any address of


def client_network(request: HttpRequest | None) -> str:
    """Whose connection this is: an IPv4 address or an IPv6 network; "" if that isn't known.

    Of `TRUSTED_PROXIES` proxies each adds the address that it was asked from to the right of
    X-Forwarded-For. What stands further left was sent by the client, and may say anything.
    """
    if request is None:
        return ""
    proxies, header = settings.TRUSTED_PROXIES, request.META.get("HTTP_X_FORWARDED_FOR", "")
    forwarded = [part.strip() for part in header.split(",")] if header else []
    if 0 < proxies <= len(forwarded):
        return _network(forwarded[-proxies])
    # Fewer than there are proxies: it came another way.
    return _network(request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed, IPV6_NETWORK), strict=False))


def _without_port(text: str) -> str:
    """Some proxies write `192.0.2.1:50000` or `[2001:db8::1]:50000`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
