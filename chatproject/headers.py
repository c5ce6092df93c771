"""The headers by which browsers protect a site: of every answer, whoever makes it.

`docs/deployment.md` has them for the answers of the proxy itself.
"""

from __future__ import annotations

from django.conf import settings

POLICY = "Content-Security-Policy"
# For anything but a page: nothing in it may run or load if a browser shows it.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
# Features that a chat doesn't need, denied to injected scripts too.
DENIED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "geolocation", "gyroscope", "hid", "magnetometer"),
    *("microphone", "midi", "payment", "publickey-credentials-create"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")


def permissions(*allowed: str) -> str:
    """A permissions policy that lets pages use these features, and none of the others."""
    return ", ".join(f"{name}=({'self' if name in allowed else ''})" for name in DENIED)


PERMISSIONS = permissions()
PASSKEY_PERMISSIONS = permissions(*PASSKEYS)  # of the pages by which people use passkeys


def security_headers(*, is_secure: bool) -> dict[str, str]:
    """The headers of an answer that came by HTTPS or not; the policy is that of no page."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Permissions-Policy": PERMISSIONS,
        POLICY: NOTHING,
    }
    if is_secure and settings.SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = strict_transport()
    return headers


def strict_transport() -> str:
    """The value of `Strict-Transport-Security`, by the settings that Django has for it."""
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    parts += ["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []
    parts += ["preload"] if settings.SECURE_HSTS_PRELOAD else []
    return "; ".join(parts)


def of_handshakes() -> list[tuple[bytes, bytes]]:
    """The headers of the answer to a handshake, as ASGI takes them."""
    headers = security_headers(is_secure=settings.SECURE)
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
