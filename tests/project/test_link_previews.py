"""What is fetched of linked pages: from public addresses alone, and within bounds."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from chatproject.limits.rates import Rate
from chatproject.link_previews import addresses, fetching, pages
from chatproject.link_previews.errors import Unfetchable
from chatproject.link_previews.links import links_to_preview
from chatproject.text import markdown
from tests.page_server import endless, packed, page_server, resolving, send

pytestmark = pytest.mark.django_db

TITLE = "<title>Looms</title>"


@pytest.fixture
def server(settings):
    with page_server(settings) as running:
        yield running


def read(url):
    return pages.read_page(url)


# Addresses ---------------------------------------------------------------------------------------

PRIVATE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
    *("127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192"),
    *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:db8::1"),
    *("2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1"),
    *("fe80::1%eth0", "fec0::1", "ff02::1", "localhost"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address):
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700::1111"])
def test_others_are(address):
    assert addresses.is_public(address)


FORMS = [
    *("http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://0.0.0.0/", "http://0/"),
    *("http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/"),
    *("http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/", "http://10.0.0.1/"),
    *("http://[::ffff:a9fe:a9fe]/", "http://\uff11\uff12\uff17.0.0.1/", "https://127.0.0.1/"),
    "http://127\u30020\u30020\u30021/",
]


def connections(monkeypatch):
    made = []
    real = addresses.socket.create_connection

    def connect(address, *args):
        made.append(address)
        return real(address, *args)

    monkeypatch.setattr(addresses.socket, "create_connection", connect)
    return made


@pytest.mark.parametrize("url", FORMS)
def test_an_address_that_isn_t_public_is_never_connected_to_in_whatever_form(monkeypatch, url):
    made = connections(monkeypatch)
    with pytest.raises(Unfetchable):
        read(url)
    assert made == []


@pytest.mark.parametrize("url", FORMS)
def test_nor_after_a_redirect(monkeypatch, server, url):
    made = connections(monkeypatch)
    with pytest.raises(Unfetchable):
        read(server.redirect("/", url))
    assert made == [server.address]


def test_a_host_with_a_private_address_among_its_own_is_refused(monkeypatch):
    made = connections(monkeypatch)
    resolving(monkeypatch, {"both.example": [["93.184.215.14", "10.0.0.1"]]})
    with pytest.raises(Unfetchable, match="isn't public"):
        read("http://both.example/")
    assert made == []


def test_a_name_that_changes_its_address_gets_nobody_further(monkeypatch, server):
    """DNS rebinding: the second answer is private. The connection is to what was checked."""
    private = "127.0.0.2"
    asked = resolving(monkeypatch, {"turns.example": [["127.0.0.1"], [private]]})
    made = connections(monkeypatch)
    server.page("/", TITLE)
    assert read(server.url("/", "turns.example")).title == "Looms"
    assert (asked, made) == (["turns.example"], [server.address])
    with pytest.raises(Unfetchable, match="isn't public"):
        read(server.url("/", "turns.example"))
    assert made == [server.address]
    assert server.headers[0]["Host"] == f"turns.example:{server.port}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://example.org:22/",
        "http://example.org:6379/",
        "http://user:password@example.org/",
        "http:///",
        "http://[::1",
        f"http://example.org/{'a' * 3000}",
    ],
)
def test_only_the_web_on_its_own_ports_is_asked(monkeypatch, url):
    made = connections(monkeypatch)
    with pytest.raises(Unfetchable):
        read(url)
    assert made == []


def test_a_certificate_must_be_of_the_host(server):
    with pytest.raises(Unfetchable, match="SSL"):
        read(server.url("/").replace("http:", "https:"))


# Bounds ------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_bounded(server):
    server.page("/end", TITLE)
    server.redirect("/b", "/end")
    assert read(server.redirect("/a", server.url("/b"))).title == "Looms"
    server.asked.clear()
    with pytest.raises(Unfetchable, match="redirects"):
        read(server.redirect("/loop", "/loop"))
    assert len(server.asked) == fetching.REDIRECTS + 1


@pytest.mark.parametrize("piece", [b"x", b"<p>"])
def test_a_page_that_drips_is_left(monkeypatch, server, piece):
    monkeypatch.setattr(fetching, "TIME", 0.6)
    server.pages["/"] = endless(piece, wait=0.05)
    started = time.monotonic()
    with pytest.raises(Unfetchable, match="TimeoutError"):
        read(server.url("/"))
    assert time.monotonic() - started < 5


def test_so_is_a_head_that_drips_and_one_without_an_end(monkeypatch, server):
    def drip(handler):
        while True:
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)

    def long_head(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            handler.wfile.write(b"A: " + b"b" * 60_000 + b"\r\n")

    monkeypatch.setattr(fetching, "TIME", 0.6)
    server.pages.update({"/drip": drip, "/long": long_head})
    for path in server.pages:
        with pytest.raises(Unfetchable):
            read(server.url(path))


def test_of_a_body_without_an_end_the_beginning_is_read(server):
    server.pages["/"] = endless(TITLE.encode() + b" " * 60_000)
    assert read(server.url("/")).title == "Looms"


def test_a_gzip_bomb_is_unpacked_no_further_than_needed(server):
    server.pages["/"] = packed(200 * 1024 * 1024)
    tracemalloc.start()
    page = read(server.url("/"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert page.title == "Packed"
    assert peak < 16 * 1024 * 1024


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/htmlx", "image/png", ""])
def test_only_html_is_read(server, kind):
    url = server.page("/", TITLE, kind)
    with pytest.raises(Unfetchable, match="type"):
        read(url)


def test_who_asks_is_named_and_no_cookie_is_kept(server):
    page = {"Content-Type": "text/html", "Set-Cookie": "a=b"}
    server.pages["/"] = lambda handler: send(handler, 200, page, TITLE.encode())
    for _ in range(2):
        read(server.url("/"))
    assert [headers["Cookie"] for headers in server.headers] == [None, None]
    assert server.headers[0]["User-Agent"] == fetching.AGENT


def test_a_server_is_asked_so_often_and_no_more_whatever_its_name(monkeypatch, server, settings):
    settings.LIMIT_LINK_HOSTS = Rate(2, 3600)
    resolving(monkeypatch, {"other.example": [["127.0.0.1"]]})
    server.page("/", TITLE)
    for host in ("127.0.0.1", "other.example"):
        read(server.url("/", host))
    with pytest.raises(Unfetchable, match="too often"):
        read(server.url("/"))
    assert len(server.asked) == 2


# Pages -------------------------------------------------------------------------------------------


def test_a_page_says_what_it_is(server):
    head = """<title>Other</title><meta property="og:title" content="Looms &amp; cards">
        <meta name="description" content="Other">
        <meta property=og:description content='All of them'>
        <meta property="og:image" content="/loom.png">"""
    page = read(server.page("/", head))
    assert page == ("127.0.0.1", "Looms & cards", "All of them", server.url("/loom.png"))


@pytest.mark.parametrize(
    ("head", "kind", "charset"),
    [
        ("", "text/html; charset=shift_jis", "shift_jis"),
        ('<meta charset="euc-jp">', "text/html", "euc_jp"),
        ("", "text/html; charset=utf-8", "utf-8"),
        ("", "text/html; charset=nonsense", "utf-8"),
        ("", "text/html; charset=idna", "utf-8"),
        ("", "text/html", "utf-16"),
    ],
)
def test_charsets_are_taken_from_header_page_and_bytes(server, head, kind, charset):
    server.pages["/"] = (kind, f"{head}<title>織機</title>".encode(charset))
    assert read(server.url("/")).title == "織機"


def test_a_wrong_charset_is_no_error(server):
    server.pages["/"] = ("text/html; charset=utf-8", "<title>Caf\xe9</title>".encode("latin-1"))
    assert read(server.url("/")).title == "Caf\ufffd"
    server.pages["/"] = ("text/html", "<title>Caf\xe9</title>".encode("latin-1"))
    assert read(server.url("/")).title == "Caf\xe9"


@pytest.mark.parametrize("head", ["", "<title></title>", "<title> \u200b </title>", "<meta>"])
def test_a_page_without_a_title_shows_nothing(server, head):
    url = server.page("/", head)
    with pytest.raises(Unfetchable, match="title"):
        read(url)


def test_texts_are_clean_and_short(server):
    head = f"<title>a\u202eb\x07\n\u2066c\u200b {'d' * 500}</title>"
    title = read(server.page("/", head)).title
    assert title.startswith("ab c d")
    assert (len(title), title[-1]) == (pages.TITLE_MAX_LENGTH, "\u2026")


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,aaaa", "//[", ""])
def test_an_image_is_of_the_web_or_none(server, image):
    page = read(server.page("/", f'{TITLE}<meta property="og:image" content="{image}">'))
    assert page.image_url == ""


@pytest.mark.parametrize(
    "piece",
    ["<", "<!--", "<a ", '<a b="', "<![CDATA[", "&", "<script>", "</a ", "<a b='c' ", "<!a "],
)
def test_broken_pages_are_read_in_time(server, piece):
    body = (piece * 600_000)[: 512 * 1024]
    server.pages["/"] = ("text/html", body.encode())
    started = time.thread_time()
    with pytest.raises(Unfetchable):
        read(server.url("/"))
    assert time.thread_time() - started < 4


# Links -------------------------------------------------------------------------------------------


def test_the_first_links_of_a_text_are_previewed_once():
    source = "See https://a.example/?b=1&c=2, www.b.example and [c](http://c.example)."
    again = "https://a.example/?b=1&c=2 https://d.example mail@e.example `https://f.example`"
    assert links_to_preview(markdown.render(f"{again} {source}")) == [
        "https://a.example/?b=1&c=2",
        "https://d.example",
        "https://www.b.example",
    ]
    assert links_to_preview(markdown.render("*No* link")) == links_to_preview(None) == []
