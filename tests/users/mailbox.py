"""What arrives in mailboxes during a test, and what the database was asked."""

import re

from django.core import mail


def mailed_to(address):
    """The texts of the mails to an address, subject first."""
    return [f"{m.subject}\n{m.body}" for m in mail.outbox if m.to == [address]]


def code_for(address):
    """The newest code that confirms an address."""
    return re.search(r"^ +(\d{4} \d{4})$", mailed_to(address)[-1], re.MULTILINE).group(1)


def reset_codes(address):
    """The codes of the newest mail for a new password, by user name."""
    text = mailed_to(address)[-1]
    return dict(re.findall(r'account "(\S+)":\nhttp://localhost:\d+/accounts/\S+#(\S+)', text))


def statements(context):
    """What was asked of SQL within a `CaptureQueriesContext`, without values and savepoints."""
    values = re.compile(r"'(?:[^']|'')*'|\b\d[\d.]*\b|\bs\d+_x\d+\b")
    return [values.sub("?", query["sql"]) for query in context]
