"""The network that a request comes from, also behind proxies."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

IPV6_NETWORK = 64  # bits: what a provider gives one customer, who may use any address in it


def client_network(request: HttpRequest | None) -> str:
    """The client's IPv4 address or IPv6 network; "" if it isn't known.

    Each of the `TRUSTED_PROXIES` proxies appends its peer's address to X-Forwarded-For. Whatever is
    further left was sent by the client and can't be trusted.
    """
    if request is None:
        return ""
    proxies, header = settings.TRUSTED_PROXIES, request.META.get("HTTP_X_FORWARDED_FOR", "")
    forwarded = [part.strip() for part in header.split(",")] if header else []
    if 0 < proxies <= len(forwarded):
        return _network(forwarded[-proxies])
    # Fewer addresses than proxies: the request didn't come through all of them.
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
    """The address alone: some proxies write `192.0.2.1:50000` or `[2001:db8::1]:50000`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
