"""Refusals, raised where the rule is and turned into HTTP or an `error` event at the edge."""


class Refused(Exception):
    """A member may not do this (HTTP 403)."""


class Invalid(Exception):
    """A value is out of its limits (HTTP 400); names the field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
