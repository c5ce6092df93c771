"""What a file is, by its first bytes: only the types that browsers show without harm.

Whatever its name or its sender says. Anything else is `OTHER`, and only ever downloaded.
"""

from __future__ import annotations

HEAD = 64 * 1024  # bytes that are looked at
OTHER = "application/octet-stream"
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
MEDIA = frozenset(
    {
        *("audio/mpeg", "audio/ogg", "audio/flac", "audio/wav", "audio/mp4"),
        *("video/mp4", "video/webm", "video/ogg", "video/quicktime"),
    }
)
PDF = "application/pdf"
INLINE = IMAGES | MEDIA | {PDF}

STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", PDF),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# Brands of ISO base media files (ISO/IEC 14496-12), the first that is known.
BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B ", b"F4A "), "audio/mp4"),
    b"qt  ": "video/quicktime",
    **dict.fromkeys(
        (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash"),
        "video/mp4",
    ),
}
OGG = {b"OpusHead": "audio/ogg", b"\x01vorbis": "audio/ogg", b"\x7fFLAC": "audio/ogg"}
OGG |= {b"\x80theora": "video/ogg"}


def type_of(head: bytes) -> str:
    """The media type of a file that begins with these bytes; `OTHER` if it isn't a known one."""
    for start, kind in STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12], OTHER)
    if head[4:8] == b"ftyp":
        return _of_brand(head)
    if head[:4] == b"OggS":
        return next((kind for mark, kind in OGG.items() if mark in head[:64]), OTHER)
    if head[:4] == b"\x1a\x45\xdf\xa3" and b"\x42\x82\x84webm" in head[:64]:
        return "video/webm"
    return OTHER


def _of_brand(head: bytes) -> str:
    end = min(int.from_bytes(head[:4], "big"), 256, len(head))
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, end - 3, 4))]
    return next((BRANDS[brand] for brand in brands if brand in BRANDS), OTHER)
