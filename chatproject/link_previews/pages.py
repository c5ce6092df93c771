"""What a page says of itself: its title, what it is about, and its image."""

from __future__ import annotations

import codecs
import re
import time
import unicodedata
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin

from chatproject.text.bidi import MARKS, TURNING
from chatproject.text.cuts import TAGS, cut
from chatproject.text.links import readable_host

from .errors import Unfetchable
from .fetching import Answer, fetch, place_of

PAGE = r"text/html\s*(?:;|$)"
PAGE_MAX_SIZE = 512 * 1024  # bytes that are read, unpacked
TITLE_MAX_LENGTH, DESCRIPTION_MAX_LENGTH = 200, 300  # characters
PIECE = 8 * 1024  # characters
READING = 1.0  # seconds of the processor
SNIFFED = 4096  # bytes
BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
NAMED = re.compile(r"charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
# Of Python's, those that the web has; others, such as idna, do more than to map bytes.
KNOWN = re.compile(
    "utf-(8|16|16-le|16-be)|iso8859-\\d+|cp(125\\d|866|874|932|949)|shift_jis|euc_(jp|kr)|"
    "iso2022_jp|gb2312|gbk|gb18030|big5(hkscs)?|koi8-[ru]|mac-roman|ascii|tis-620"
)
JOINERS = "\u200c\u200d"  # of scripts, and of emoji
WESTERN = "cp1252"  # what browsers read ASCII and Latin-1 as


class Page(NamedTuple):
    """What is shown of a page; `image_url` is "" without one."""

    site: str
    title: str
    description: str
    image_url: str


def read_page(url: str) -> Page:
    """What the page at an address says of itself; raises `Unfetchable`, also without a title."""
    return page_of(fetch(url, PAGE, PAGE_MAX_SIZE))


def page_of(answer: Answer) -> Page:
    """What a page says of itself; raises `Unfetchable` if it has no title."""
    said = _Head.of(_text(answer))
    title = clean(said.first("og:title", "twitter:title") or said.title, TITLE_MAX_LENGTH)
    if not title:
        raise Unfetchable("It has no title.")
    about = said.first("og:description", "twitter:description", "description")
    image = said.first("og:image:secure_url", "og:image:url", "og:image", "twitter:image")
    host = place_of(answer.url).host.removeprefix("www.")
    return Page(
        site=readable_host(host) or "",
        title=title,
        description=clean(about, DESCRIPTION_MAX_LENGTH),
        image_url=_address(answer.url, image),
    )


def clean(text: str, most: int) -> str:
    """A text on one line, without signs that can't be seen or turn others around."""
    text = TURNING.sub("", text[: most * 20])
    text = " ".join("".join(map(_seen, text)).split())
    return text if len(text) <= most else f"{cut(text, most - 1).rstrip()}\u2026"


def _seen(sign: str) -> str:
    """A sign, a space for one that parts lines, nothing for one that can't be seen."""
    match unicodedata.category(sign):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf":
            return sign if sign in JOINERS or ord(sign) in TAGS or MARKS.match(sign) else ""
        case "Cs" | "Co" | "Cn":
            return ""
    return sign


def _address(base: str, image: str) -> str:
    try:
        address = urljoin(base, image.strip()) if image.strip() else ""
        return address if address and place_of(address) else ""
    except (ValueError, Unfetchable):
        return ""


# Bytes to text ------------------------------------------------------------------------------------


def _text(answer: Answer) -> str:
    body = answer.body
    for bom, name in BOMS.items():
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    named = NAMED.search(answer.content_type)
    inside = CHARSET.search(body[:SNIFFED])
    names = [named[1] if named else "", inside[1].decode() if inside else ""]
    if charset := next(filter(None, map(_charset, names)), ""):
        return body.decode(charset, "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(body)  # its end may be half a sign
    except UnicodeDecodeError:
        return body.decode(WESTERN, "replace")


def _charset(name: str) -> str:
    """The codec of a charset; "" if it is none of the web."""
    try:
        found = codecs.lookup(name).name if name else ""
    except LookupError:
        return ""
    if not KNOWN.fullmatch(found):
        return ""
    return WESTERN if found in ("ascii", "iso8859-1") else found


# Text to what it says ----------------------------------------------------------------------------


class _Head(HTMLParser):
    """The title and the metadata of the head of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.said: dict[str, str] = {}
        self.is_over = False
        self._in_title = False

    @classmethod
    def of(cls, text: str) -> _Head:
        """What a page has before its body, as far as it can be read in `READING`."""
        parser, end = cls(), time.thread_time() + READING
        # Without `close`: it reads what is broken again from each sign.
        for start in range(0, len(text), PIECE):
            parser.feed(text[start : start + PIECE])
            if parser.is_over or time.thread_time() > end:
                break
        return parser

    def first(self, *names: str) -> str:
        """What the page says under the first of these names that it has; "" under none."""
        return next((self.said[name] for name in names if self.said.get(name)), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title
        elif tag == "body":
            self.is_over = True
        elif tag == "meta":
            values = {name: value or "" for name, value in attrs}
            name = values.get("property") or values.get("name") or ""
            self.said.setdefault(name.strip().lower(), values.get("content", "").strip())

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "head":
            self.is_over = True

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data[: TITLE_MAX_LENGTH * 20 - len(self.title)]
