"""Where links in messages lead, and what they show."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from chatproject.text import bidi, links, markdown

BLUR = "https://en.wikipedia.org/wiki/Blur_(band)"
A = "https://example.org/a"
# What is written, and where its links lead.
LINKS: dict[str, list[str]] = {
    BLUR: [BLUR],
    f"({BLUR})": [BLUR],
    f"(see {A}).": [A],
    f"(see {A}/b(c)d).": [f"{A}/b(c)d"],
    f"[{A}], {{{A}}}": [A, A],
    f"{A}?x[]=1": [f"{A}?x[]=1"],
    f"{A}。谢谢": [A],
    f"看{A}，好": [A],
    f"「{A}」": [A],
    f"（{A}）": [A],
    f"{A}、{A}！": [A, A],
    f"\u201c{A}\u201d": [A],
    f"\u2018{A}\u2019": [A],
    f"\u00ab{A}\u00bb": [A],
    f"'{A}'": [A],
    f'"{A}"': [A],
    f"<{A}>": [A],
    f"**{A}** _{A}_": [A, A],
    f"{A}\u2026 {A}... {A}!?": [A, A, A],
    "https://example.org/L\u2019Aquila": ["https://example.org/L\u2019Aquila"],
    "https://ja.wikipedia.org/wiki/日本語": ["https://ja.wikipedia.org/wiki/日本語"],
    f"{A}/~ada/*": [f"{A}/~ada/"],
    "Https://example.org": ["Https://example.org"],
    "HTTP://EXAMPLE.ORG/A": ["HTTP://EXAMPLE.ORG/A"],
    "www.example.org": ["https://www.example.org"],
    "Www.Example.org/a?b#c.": ["https://Www.Example.org/a?b#c"],
    "(www.example.org)": ["https://www.example.org"],
    "看www.example.org。": ["https://www.example.org"],
    "https://हिन्दी.भारत/a": ["https://हिन्दी.भारत/a"],
    f"{A}\ufeff {A}\x85b {A}\x1cb {A}\u3000b {A}\u2028b": [A, A, A, A, A],
    f"{A}\r{A}\r\nb": [A, A],
    "xhttps://example.org me@www.example.org http://www": [
        "mailto:me@www.example.org",
        "http://www",
    ],
    "Mail ada+b@example.org, mailto:a@b.co or <c@d.ef>.": [
        "mailto:ada+b@example.org",
        "mailto:a@b.co",
        "mailto:c@d.ef",
    ],
    "git@example.org:a/b a@b a@b.1 @a.bc a@@b.cd a@b.c.d/e": [],
    f"[{A}]({A}b) [c]({A}) <{A}>": [f"{A}b", A, A],
    f"[see {A}[1]]({A}b) {A}]x {A}[x]": [f"{A}b", A, f"{A}[x]"],
    f"`{A}` *{A}*, ~~{A}~~": [A, A],
    "www www. www.a www.a.1 awww.example.org /www.example.org": [],
    "http://www.0 http://1.2.3.256/ http://[::g]/ http://a.0x1f": [],
    "http://127.0.0.1:8000/a http://[::1]/b": ["http://127.0.0.1:8000/a", "http://[::1]/b"],
    "javascript://example.org ftp://example.org http:// https://.": [],
    "httpſ://example.org ʷʷʷ.example.org": [],
}

# What is written, and what its link shows; None: it is no link.
ADDRESSES: dict[str, str | None] = {
    "https://example.org/a?b=1#c": "https://example.org/a?b=1#c",
    "http://localhost:8000/x": "http://localhost:8000/x",
    "http://[2001:db8::1]:8000/": "http://[2001:db8::1]:8000/",
    "https://münchen.de/": "https://münchen.de/",
    "https://пример.рф/": "https://пример.рф/",
    "https://例え.テスト/": "https://例え.テスト/",
    # Letters of two scripts, and letters of one below a domain of another.
    "https://p\u0430ypal.com/": "https://xn--pypal-4ve.com/",
    "https://\u0430\u0440\u0440\u04cf\u0435.com/": "https://xn--80ak6aa92e.com/",
    "https://g\u03bf\u03bfgle.com/": "https://xn--ggle-0nda.com/",
    "https://\u0262oogle.com/": "https://xn--oogle-wmc.com/",
    "https://ex\u0131mple.org/": "https://xn--exmple-q9a.org/",
    "https://\u212aelvin.org/": "https://kelvin.org/",
    "https://\uff45xample.org/": "https://example.org/",
    # Signs that look like slashes, a name before an @, an escape.
    "https://bank.example\u2215login.evil.example/": None,
    "https://bank.example\u2044login.evil.example/": None,
    "https://bank.example\u29f8login.evil.example/": None,
    "https://bank.example\uff0flogin.evil.example/": None,
    "https://bank.example@evil.example/": None,
    "https://bank.example:x@evil.example/": None,
    "https://bank.example%2flogin.evil.example/": None,
    "https://bank.example\\@evil.example/": None,
    "https://bank.example\u200b.evil.example/": None,
    # What turns text around, in the host and in the path.
    "https://\u202emoc.lapyap\u202c/x": "https://moc.lapyap/x",
    "https://evil.example/\u202emoc.knab//:sptth": "https://evil.example/moc.knab//:sptth",
    "https://evil.example/\u200f/bank.example": "https://evil.example//bank.example",
    "https://\u05d0\u05d1.\u05d2\u05d3/": "https://xn--4dbc.xn--6dbc/",
}


class Anchors(HTMLParser):
    """The links of some HTML: where they lead, and their text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.text, self.href = "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "a":
            self.href, self.text = dict(attrs)["href"], ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.found.append((self.href, self.text))


def links_of(text: str) -> list[tuple[str, str]]:
    return Anchors(markdown.render(text) or "").found


def test_links_lead_where_a_reader_would_say() -> None:
    found = {text: [address for address, _ in links_of(text)] for text in LINKS}
    assert found == LINKS


def test_a_link_shows_the_host_that_it_leads_to() -> None:
    for address, label in ADDRESSES.items():
        shown = bidi.shown(address)
        target = links.target_of(shown)
        assert (target and target.label) == label
        for text in (f"See {address} there", f"<{address}>"):
            assert [one[1] for one in links_of(text)] == ([label] if label else []), text
        # Nor does a name of its own make a link of it, or hide the host.
        html = markdown.render(f"*a* [bank.example]({address})") or ""
        assert ("<a " in html) == bool(label), html
        assert not label or f"({target.host})" in html  # type: ignore[union-attr]


def test_an_address_that_is_too_long_is_none() -> None:
    longest = "https://example.org/" + "a" * (links.LONGEST - 20)
    assert links_of(longest) == [(longest, longest)]
    assert links_of(f"{longest}a") == []
