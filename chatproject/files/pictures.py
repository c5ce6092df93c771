"""Images are decoded here, by Pillow, in a process of its own with bounds on memory and time.

As a program it reads a file and writes the image without what its camera noted (where it was
taken, above all), turned as it is shown, and a small one: `pictures.py SOURCE TYPE PIXELS IMAGE
THUMBNAIL`. It prints `{"width": …, "height": …}`. A file that lies about what it is, is broken or
too large ends the process with status 1 and a line that says why. It imports nothing of the
project: such a process must start fast.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

SIDE = 640  # pixels of the longer side of a small image: twice what a row shows
FRAMES = 1_000  # of an animation
ANIMATED_PIXELS = 6  # times those of one image that all frames of an animation may have
TIME = 30  # seconds, of the processor and by the clock
MEMORY = 2 << 30  # bytes of addresses; Pillow's own code takes some 100 MiB of them
FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "optimize": True},
    "PNG": {"optimize": False},
    "WEBP": {"quality": 90, "method": 2},
    "AVIF": {"quality": 85, "speed": 8},
    "GIF": {"optimize": False},
}
# What belongs to the picture; all else that a file says about itself is left behind.
KEPT = {"icc_profile", "transparency", "background", "duration", "loop", "disposal", "blend"}


class Unreadable(Exception):
    """A file that is no image of its type, or one that is too large."""


class Made(NamedTuple):
    """The size of an image, as it is shown."""

    width: int
    height: int


def make(source: Path, kind: str, most_pixels: int, image: Path, thumbnail: Path) -> Made:
    """Write an image and a thumbnail from a file, in another process; raises `Unreadable`."""
    paths = [str(source), kind, str(most_pixels), str(image), str(thumbnail)]
    command = [sys.executable, "-I", __file__, *paths]
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIME, check=False, text=True)
    except subprocess.TimeoutExpired:
        raise Unreadable("It takes too long to read.") from None
    if done.returncode:
        raise Unreadable(done.stderr.strip().rpartition("\n")[2][:200] or "It can't be read.")
    return Made(**json.loads(done.stdout))


def _bounded() -> None:
    """Bound this process: a decoder that is tricked costs no more than this."""
    resource.setrlimit(resource.RLIMIT_CPU, (TIME, TIME))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _main(source: str, kind: str, most_pixels: str, target: str, thumbnail: str) -> None:
    _bounded()
    from PIL import Image, ImageOps

    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = int(most_pixels)
    with Image.open(source, formats=[FORMATS[kind]]) as opened:
        frames = 1 if kind == "image/jpeg" else getattr(opened, "n_frames", 1)
        _check(opened.width * opened.height, frames, int(most_pixels))
        first = opened if frames > 1 else ImageOps.exif_transpose(opened)
        size = {"width": first.width, "height": first.height}
        options = {**OPTIONS[FORMATS[kind]], **_kept(first.info)}
        if frames > 1:
            options |= {"save_all": True, "duration": _durations(opened, frames)}
            opened.seek(0)
        first.info = _kept(first.info)
        first.save(target, FORMATS[kind], **options)
        opened.seek(0)
        _thumbnail(first, thumbnail)
    sys.stdout.write(json.dumps(size))


def _check(pixels: int, frames: int, most_pixels: int) -> None:
    if pixels > most_pixels:
        raise ValueError(f"It has {pixels} pixels; {most_pixels} is the most.")
    if frames > FRAMES or (frames > 1 and frames * pixels > ANIMATED_PIXELS * most_pixels):
        raise ValueError("It has too many frames.")


def _durations(image: Any, frames: int) -> list[int]:
    """Milliseconds for which each frame is shown; some formats tell only with the frame."""
    found = []
    for number in range(frames):
        image.seek(number)
        image.load()
        found.append(int(image.info.get("duration", 0)))
    return found


def _kept(info: dict[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in info.items() if name in KEPT}


def _thumbnail(image: Any, target: str) -> None:
    small = image.convert("RGBA" if image.has_transparency_data else "RGB")
    small.thumbnail((SIDE, SIDE))
    small.info = {}
    small.save(target, "WEBP", quality=80)


if __name__ == "__main__":
    try:
        _main(*sys.argv[1:])
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
