"""Text is UTF-8, whatever charset a request names: Python has codecs that are no encodings."""

import httpx2
import pytest
from django.test import Client

from chats.models import Message
from tests.server_process import ServerProcess

pytestmark = pytest.mark.django_db(transaction=True)

CHARSETS = [
    *("utf-8", "UTF8", "iso-8859-1", "utf-16", "utf-7", "nonsense", ""),
    *("base64", "hex", "rot13", "idna", "punycode", "unicode_escape", "undefined"),
]
FORMS = {
    "application/x-www-form-urlencoded": "content=Gr%C3%BC%C3%9Fe",
    "multipart/form-data; boundary=x": (
        '--x\r\nContent-Disposition: form-data; name="content"\r\n\r\nGrüße\r\n--x--\r\n'
    ),
}


@pytest.fixture(params=["daphne", "granian"])
def http(request, ada):
    """A browser of ada's, on a server of this kind."""
    client, token = Client(), "a" * 32
    client.force_login(ada)
    process = ServerProcess(request.param)
    try:
        process.wait_until_ready()
        with httpx2.Client(base_url=process.url, trust_env=False) as http:
            http.cookies = {"csrftoken": token, "sessionid": client.cookies["sessionid"].value}
            http.headers["X-CSRFToken"] = token
            yield http
    finally:
        process.stop()


def test_forms_and_queries_are_read_as_utf_8(http, group, person):
    person("jose", "José")
    page, api = f"/chats/{group.pk}/send/", f"/api/v1/chats/{group.pk}/messages"
    for charset in CHARSETS:
        for form, body in FORMS.items():
            kind = {"Content-Type": f"{form}; charset={charset}"}
            for path, code in ((page, 302), (api, 201)):
                answer = http.post(path, content=body, headers=kind)
                assert answer.status_code == code, (path, kind)
        for path in ("/chats/new/?q=Jos%C3%A9", "/api/v1/users?search=Jos%C3%A9"):
            answer = http.get(path, headers={"Content-Type": f"text/plain; charset={charset}"})
            assert answer.status_code == 200, (path, charset)
            assert "jose" in answer.text
    sent = [message.content for message in Message.objects.in_chat(group.pk)]
    assert sent == ["Grüße"] * 4 * len(CHARSETS)
