"""Refusals: raised by the rules, turned into an HTTP response or an `error` event at the edge."""


class Refused(Exception):
    """A member may not do this (HTTP 403)."""


class Invalid(Exception):
    """The value of `field` is not allowed (HTTP 400)."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
