"""What is written to the log."""

from __future__ import annotations

import logging

LONGEST = 300  # characters of a refusal


class OneLine(logging.Filter):
    """Keeps what Django refuses as suspicious to one line: strangers cause as much as they like."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            text = record.getMessage().encode("unicode_escape").decode()[:LONGEST]
            record.msg, record.args = f"{record.name.rpartition('.')[2]}: {text}", ()
            record.exc_info = record.exc_text = None
        return True
