"""What `manage.py check --deploy` says about the settings beside Django's own checks."""

import os
from typing import Any

from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def proxies_are_counted(**_: Any) -> list[checks.CheckMessage]:
    """A number that is wrong counts all clients as one, or lets each be whoever it says."""
    if "TRUSTED_PROXIES" in os.environ:
        return []
    text = "TRUSTED_PROXIES is not set: rate limits don't know one client from another."
    hint = "Set it to the number of proxies before these processes; 0 where there is none."
    return [checks.Warning(text, hint=hint, id="chatproject.W001")]
