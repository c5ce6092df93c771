"""Which addresses are fetched from: those of the public internet, as a host has them now.

The connection is made to an address that was checked, never to a name: what a name server says a
moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time

from django.conf import settings

from .errors import Unfetchable

RESOLVING = 5.0  # seconds
# Not public, whatever a version of `ipaddress` has of the registry; and the metadata of Azure.
REFUSED_V4 = [
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        "168.63.129.16/32",
    )
]
# All that is global. The rest has forms of IPv4 addresses, too: mapped, compatible, NAT64.
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# Teredo and others of the IETF, documentation, 6to4.
REFUSED_V6 = [
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet; False for what is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in REFUSED_V4)
    return ip in GLOBAL_V6 and not any(ip in network for network in REFUSED_V6)


def checked_addresses(host: str, port: int, end: float) -> list[str]:
    """The IP addresses of a host; raises `Unfetchable` if there is none, or one isn't public."""
    found = list(dict.fromkeys(_resolved(host, port, min(RESOLVING, left(end)))))
    for address in found:
        if not is_public(address) and (address, port) not in settings.LINK_PREVIEWS_TEST_SERVERS:
            raise Unfetchable(f"{host} isn't public.")
    if not found:
        raise Unfetchable(f"{host} has no address.")
    return found


def is_test_port(port: int) -> bool:
    """Whether a test has a server on this port."""
    return any(port == known for _, known in settings.LINK_PREVIEWS_TEST_SERVERS)


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """In a thread of its own: the resolver of the system can't be told for how long."""
    found: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(str(row[4][0]) for row in rows)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return [] if thread.is_alive() else found


def opened(host: str, port: int, end: float) -> tuple[socket.socket, str]:
    """A connection to a host before this time (monotonic), and the address that it is to."""
    failure: OSError | None = None
    for address in checked_addresses(host, port, end):
        try:
            return socket.create_connection((address, port), left(end)), address
        except OSError as error:
            failure = error
    raise Unfetchable(f"{host}: {failure}")


def left(end: float) -> float:
    """The seconds until then; raises `TimeoutError` if there are none."""
    if (seconds := end - time.monotonic()) <= 0:
        raise TimeoutError("It takes too long.")
    return seconds
