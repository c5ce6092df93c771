"""Readable names of browsers and programs, from their User-Agent (RFC 9110, 10.1.5)."""

from __future__ import annotations

import re

# The first match wins: browsers also name the ones they descend from.
PROGRAMS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(Firefox|FxiOS)/"),
    ("Chrome", r"\b(Chrome|Chromium|HeadlessChrome|CriOS)/"),
    ("Safari", r"\bVersion/\S+ .*Safari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac ?OS X\b|\bMacintosh\b"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)
PRODUCT = re.compile(r"[\w.+-]{1,40}")  # the first product, without its version


def device_of(user_agent: str) -> str:
    """A readable name: `Firefox on Linux`, `curl`, or `Unknown device` if nothing matches."""
    product = PRODUCT.match(user_agent)
    return _named(user_agent) or (product.group() if product else "Unknown device")


def known_device_of(user_agent: str) -> str:
    """As `device_of`, by names of our own alone: `An unknown device` for anything else."""
    return _named(user_agent) or "An unknown device"


def _named(user_agent: str) -> str:
    program, system = _first(PROGRAMS, user_agent), _first(SYSTEMS, user_agent)
    if not program and not system:
        return ""
    return " on ".join(filter(None, (program or "A browser", system)))


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, text)), "")
