"""How files are shown in rows; static/js/helpers/files.js does the same for what arrives live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIDE = 320  # CSS pixels of the longer side of an image in a row
UNITS = ("KB", "MB", "GB")


def tile(file: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height in which an image is shown in a row: as large as fits into a square."""
    width, height = file["width"] or SIDE, file["height"] or SIDE
    scale = min(1, SIDE / width, SIDE / height)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def blank_image(size: tuple[int, int]) -> str:
    """A blank image of this size, in place of one that isn't ready."""
    box = f"width='{size[0]}' height='{size[1]}'"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' {box}/%3E"


def size_text(count: int) -> str:
    """`1 byte`, `12 KB`, `3.4 MB`: in powers of a thousand."""
    if count < 1000:
        return f"{count} byte{'' if count == 1 else 's'}"
    unit = 1 if count < 999_500 else 2 if count < 999_500_000 else 3
    value = count / 1000**unit
    return f"{value:.1f} {UNITS[unit - 1]}" if value < 10 else f"{round(value)} {UNITS[unit - 1]}"
