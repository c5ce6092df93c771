"""Width and height of an image by its first bytes, without decoding it.

They keep its place in a page until a worker has read it (`pictures.py`), which then has the last
word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Size = tuple[int, int]  # width and height in pixels, as shown

EXIF, ORIENTATION = b"Exif\x00\x00", 0x0112
TURNED = {5, 6, 7, 8}  # orientations that swap width and height
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def size_of(kind: str, head: bytes) -> Size | None:
    """The size of an image of this media type; None if its first bytes don't tell."""
    try:
        size = READERS[kind](head) if kind in READERS else None
    except (IndexError, ValueError):
        return None
    return size if size and all(0 < side <= 1 << 31 for side in size) else None


def _big(head: bytes, start: int, count: int) -> int:
    return _number(head, start, count, "big")


def _little(head: bytes, start: int, count: int) -> int:
    return _number(head, start, count, "little")


def _number(head: bytes, start: int, count: int, order: str) -> int:
    part = head[start : start + count]
    if len(part) < count:
        raise ValueError
    return int.from_bytes(part, "big" if order == "big" else "little")


def _png(head: bytes) -> Size:
    return _big(head, 16, 4), _big(head, 20, 4)


def _gif(head: bytes) -> Size:
    return _little(head, 6, 2), _little(head, 8, 2)


def _webp(head: bytes) -> Size | None:
    match head[12:16]:
        case b"VP8X":
            return _little(head, 24, 3) + 1, _little(head, 27, 3) + 1
        case b"VP8L":
            bits = _little(head, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return _little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF
    return None


def _avif(head: bytes) -> Size | None:
    """That of the first image spatial extents property, which is the image's own in practice."""
    place = head.find(b"ispe")
    return None if place < 0 else (_big(head, place + 8, 4), _big(head, place + 12, 4))


def _jpeg(head: bytes) -> Size | None:
    is_turned = False
    for marker, start in _segments(head):
        if marker == 0xE1 and head[start : start + 6] == EXIF:
            is_turned = _orientation(head[start + 6 :]) in TURNED
        if marker in FRAMES:
            height, width = _big(head, start + 1, 2), _big(head, start + 3, 2)
            return (height, width) if is_turned else (width, height)
    return None


def _segments(head: bytes) -> Iterator[tuple[int, int]]:
    """The markers of a JPEG up to its data, and where the content of each begins."""
    place = 2
    while head[place] == 0xFF and head[place + 1] != 0xDA:
        yield head[place + 1], place + 4
        place += 2 + _big(head, place + 2, 2)


def _orientation(tiff: bytes) -> int:
    """The orientation in an Exif block (TIFF 6.0): 1 to 8, 1 if it has none."""
    read = _big if tiff[:2] == b"MM" else _little
    directory = read(tiff, 4, 4)
    for number in range(min(read(tiff, directory, 2), 100)):
        entry = directory + 2 + 12 * number
        if read(tiff, entry, 2) == ORIENTATION:
            return read(tiff, entry + 8, 2)
    return 1


READERS: dict[str, Callable[[bytes], Size | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _avif,
    "image/jpeg": _jpeg,
}
