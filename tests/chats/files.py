"""Files for the tests, made by Pillow, and how they are uploaded and sent."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode

from PIL import Image, PngImagePlugin

from chats import actions
from chats.actions import pictures
from chats.models import Attachment
from tests.jobs import run_due

MARK = b"SECRETMARK"  # what a camera notes
GPS = 0x8825
PDF = b"%PDF-1.7\n%the rest\n" + b"x" * 3000
TEXT = b"Only text, of no type that is known.\n" * 100


def image(kind: str = "PNG", size: tuple[int, int] = (60, 40), orientation: int = 1) -> bytes:
    """An image of red, with notes of its camera in each way that the format has."""
    picture = Image.new("RGB", size, (200, 30, 30))
    noted = Image.Exif()
    noted[0x0112], noted[0x010E] = orientation, MARK.decode()
    noted[GPS] = {1: "N", 2: (51.0, 30.0, 26.0)}
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", MARK.decode())
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><a>" + MARK + b"</a></x:xmpmeta>"
    options: dict[str, dict[str, Any]] = {
        "PNG": {"exif": noted, "pnginfo": text},
        "JPEG": {"exif": noted, "comment": MARK, "xmp": xmp},
        "WEBP": {"exif": noted, "xmp": xmp},
        "AVIF": {"exif": noted, "xmp": xmp},
        "GIF": {"comment": MARK},
    }
    target = io.BytesIO()
    picture.save(target, kind, **options[kind])
    return target.getvalue()


def animation(frames: int = 4, size: tuple[int, int] = (60, 40), kind: str = "GIF") -> bytes:
    """An animation with as many frames."""
    pictures = [
        Image.new("RGB", size, (number % 256, number // 256, 0)) for number in range(frames)
    ]
    target = io.BytesIO()
    pictures[0].save(
        target, kind, save_all=True, append_images=pictures[1:], duration=[50, 90] * (frames // 2)
    )
    return target.getvalue()


def address(chat: Any, *parts: Any, **query: str) -> str:
    """The address of a chat's files."""
    path = "/".join(map(str, (f"/api/v1/chats/{chat.pk}/attachments", *parts)))
    return f"{path}?{urlencode(query)}" if query else path


def post(client: Any, chat: Any, content: bytes, name: str = "notes.txt", **query: str) -> Any:
    """The answer to an upload."""
    kind = "application/octet-stream"
    return client.post(address(chat, name=name, **query), content, content_type=kind)


def uploaded(user: Any, chat: Any, content: bytes = TEXT, name: str = "notes.txt") -> Attachment:
    """A file that is uploaded, and read by a worker if it is an image."""
    new = actions.Upload(name, len(content), "", io.BytesIO(content).read)
    row = actions.upload(user, chat, new)
    run_due("pictures")
    return Attachment.objects.get(pk=row.pk, chat_id=chat.pk)


def sent(
    user: Any, chat: Any, content: bytes = TEXT, name: str = "notes.txt", text: str = ""
) -> Any:
    """A message with such a file, and the file."""
    row = uploaded(user, chat, content, name)
    message, _ = actions.post_message(user, chat.pk, text, attachment_ids=[row.pk])
    return message, Attachment.objects.get(pk=row.pk, chat_id=chat.pk)


def send_image(user: Any, chat: Any) -> Any:
    """A message with an image that no worker has read."""
    content = image()
    row = actions.upload(
        user, chat, actions.Upload("a.png", len(content), "", io.BytesIO(content).read)
    )
    return actions.post_message(user, chat.pk, "", attachment_ids=[row.pk])[0]


def settle_image(chat: Any) -> None:
    """What a worker does in the end with an image that waits in a message; nothing without one."""
    waiting = {"chat_id": chat.pk.hex, "state": "pending", "due_at": None}
    if row := Attachment.objects.collection().find_one(waiting):
        pictures.settle(row, {"state": "ready"})


def body(response: Any) -> bytes:
    """The content of an answer, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content
