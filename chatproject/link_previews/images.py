"""The image of a page, small: decoded as uploaded ones are, in a process with bounds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from chatproject.files import pictures
from chatproject.files.signatures import HEAD, IMAGES, type_of

from .errors import Unfetchable
from .fetching import fetch

IMAGE = r"image/|application/octet-stream"
IMAGE_MAX_SIZE = 5 * 1024 * 1024  # bytes
LEAST_SIDE = 48  # pixels: what is smaller is no image of a page
TYPE = "image/webp"


class Image(NamedTuple):
    """A small image (`TYPE`), and the size of the one that it was made from."""

    content: bytes
    width: int
    height: int


def read_image(url: str) -> Image:
    """A small one of the image at an address; raises `Unfetchable`."""
    answer = fetch(url, IMAGE, IMAGE_MAX_SIZE)
    kind = type_of(answer.body[:HEAD])
    if kind not in IMAGES or not answer.is_whole:
        raise Unfetchable("It is no image, or too large.")
    with tempfile.TemporaryDirectory() as name:
        source, image, thumbnail = (Path(name) / part for part in ("source", "image", "thumbnail"))
        source.write_bytes(answer.body)
        try:
            made = pictures.make(source, kind, settings.IMAGE_MAX_PIXELS, image, thumbnail)
        except pictures.Unreadable as error:
            raise Unfetchable(str(error)) from None
        if min(made.width, made.height) < LEAST_SIDE:
            raise Unfetchable("The image is too small.")
        return Image(thumbnail.read_bytes(), made.width, made.height)
