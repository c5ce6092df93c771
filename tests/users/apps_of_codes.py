"""What an authenticator app does: it shows codes (RFC 6238), here computed anew."""

import hmac
import re
import struct
import time
from base64 import b32decode

from django.test import Client

from tests.conftest import PASSWORD


def code_at(key, moment):
    """The six digits that an app with this key shows at a moment (Unix time)."""
    counter = struct.pack(">Q", int(moment) // 30)
    digest = hmac.new(b32decode(key), counter, "sha1").digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 10**6:06}"


class App:
    """Somebody's app; each code is later than the last, as if time had passed."""

    def __init__(self, key):
        self.key, self.used = key.replace(" ", ""), 0

    def code(self):
        """A code that wasn't given yet: of this step or the next."""
        step = max(int(time.time()) // 30, self.used + 1)
        self.used = step
        return code_at(self.key, step * 30)

    @classmethod
    def of_page(cls, page):
        """The app that took the key of a page."""
        return cls(re.search(r'<code class="secret"[^>]*>([A-Z2-7 ]+)</code>', page).group(1))


def recovery_codes(page):
    """The codes that a page shows."""
    return re.findall(r'<code class="secret">(\d{5} \d{5})</code>', page)


def set_up_app(user):
    """A person's new app, and the recovery codes that came with it."""
    client = Client()
    client.force_login(user)
    path = "/accounts/second-factors/app/"
    # Of the step before, so that tests have two more at once.
    app = App.of_page(client.get(path).content.decode())
    code = code_at(app.key, time.time() - 30)
    answer = client.post(path, {"code": code, "password": PASSWORD}, follow=True)
    assert answer.status_code == 200
    codes = recovery_codes(answer.content.decode())
    client.logout()
    return app, codes
