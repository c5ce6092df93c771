"""Files: uploaded, sent, shown to those who see their message, and removed with it."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import FileSystemStorage
from PIL import Image

from chatproject.files import pictures
from chatproject.jobs.models import Job
from chatproject.limits.rates import Rate
from chatproject.stores.mongodb.documents import now
from chats import actions, events
from chats.actions import removed_files
from chats.errors import Invalid, Refused
from chats.models import Attachment, Chat, Message
from tests.jobs import run_due

from . import files
from .files import MARK, PDF, TEXT, address, body, image, post, sent, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A storage of the test's own."""
    storage = settings.STORAGES["attachments"]
    options = {**storage["OPTIONS"], "location": str(tmp_path / "files")}
    storage = {**storage, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}
    removed_files._next_look = 0.0
    return tmp_path / "files"


def stored(folder: Path) -> list[str]:
    """The files that there are."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def due_now(**which):
    """Let a day pass for these files."""
    Attachment.objects.filter(**which).update(due_at=now() - timedelta(seconds=1))
    removed_files._next_look = 0.0


# Uploads -----------------------------------------------------------------------------------------


def test_a_file_is_uploaded_sent_with_a_caption_and_loaded(api, ada, grace, group):
    answer = post(api(ada), group, PDF, "report.pdf", alt="Numbers")
    assert answer.status_code == 201
    uploaded_file = answer.json()
    assert uploaded_file["type"] == "application/pdf"
    assert (uploaded_file["name"], uploaded_file["size"]) == ("report.pdf", len(PDF))
    data = {"content": "See page 3", "attachment_ids": [uploaded_file["id"]]}
    message = api(ada).post(f"/api/v1/chats/{group.pk}/messages", data)
    assert message.status_code == 201
    assert message.json()["attachments"] == [uploaded_file]
    page = api(grace).get(f"/api/v1/chats/{group.pk}/messages").json()
    assert page["results"][0]["attachments"] == [uploaded_file]
    loaded = api(grace).get(address(group, uploaded_file["id"], "file"))
    assert body(loaded) == PDF


def test_a_caption_may_be_empty_and_a_message_without_files_may_not(api, ada, group):
    row = uploaded(ada, group)
    url = f"/api/v1/chats/{group.pk}/messages"
    assert api(ada).post(url, {"attachment_ids": []}).json() == {
        "content": ["This field is required."]
    }
    assert api(ada).post(url, {"content": ""}).status_code == 400
    answer = api(ada).post(url, {"attachment_ids": [str(row.pk)]})
    assert (answer.status_code, answer.json()["content"]) == (201, "")


def test_a_pinned_file_is_shown_by_its_name(ada, group, client):
    message, _ = sent(ada, group, name="plan.txt")
    actions.pin_message(ada, group, message)
    client.force_login(ada)
    page = client.get(f"/chats/{group.pk}/pins/", headers={"X-Partial": "dialog"})
    assert "plan.txt" in page.content.decode()


def test_an_upload_by_a_form(api, ada, group):
    file = io.BytesIO(TEXT)
    file.name = "notes.txt"
    answer = api(ada).post(address(group), {"file": file, "alt": "Notes"}, format="multipart")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["name"], answer.json()["alt"]) == ("notes.txt", "Notes")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\windows\\x.exe", "_windows_x.exe"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x"),
        ("photo\u202egnp.exe", "photo_gnp.exe"),
        (".htaccess", "htaccess"),
        ("a\x00b", "a_b"),
        ("n\u0303.txt", "ñ.txt"),
        ("👩\u200d🚀.png", "👩\u200d🚀.png"),
        ("é" * 127, "é" * 127),
    ],
)
def test_hostile_names_are_labels_and_nothing_else(api, ada, group, folder, name, shown):
    answer = post(api(ada), group, TEXT, name)
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == shown
    row = Attachment.objects.get()
    assert stored(folder) == [f"{group.pk.hex}/{row.pk.hex}"]
    headers = api(ada).get(address(group, row.pk, "file")).headers
    assert "\n" not in headers["Content-Disposition"]
    assert headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.parametrize("name", ["", "  ", "...", "é" * 128, "\ud800"])
def test_a_name_that_is_none_is_refused_by_its_field(ada, group, name, folder):
    with pytest.raises(Invalid) as refused:
        uploaded(ada, group, TEXT, name)
    assert refused.value.field == "name"
    assert stored(folder) == []


def test_what_is_over_a_limit_is_refused_and_leaves_nothing(
    api, ada, grace, group, settings, folder
):
    settings.ATTACHMENT_MAX_SIZE = 300_000
    assert post(api(ada), group, b"x" * 300_001).status_code == 413
    assert post(api(ada), group, b"").status_code == 411
    with pytest.raises(Invalid, match="1 to 300000 bytes; this has 0"):
        uploaded(ada, group, b"")
    settings.ATTACHMENTS_PER_PERSON = 5_000
    assert post(api(ada), group, b"x" * 3_000).status_code == 201
    answer = post(api(ada), group, b"x" * 3_000)
    assert answer.json() == {"file": ["Your files may have 5000 bytes in all; 2000 are left."]}
    assert post(api(ada), group, b"x" * 2_000).status_code == 201
    assert len(stored(folder)) == Attachment.objects.count() == 2
    settings.LIMIT_UPLOADS = Rate(1, 3600)
    assert [post(api(grace), group, b"x").status_code for _ in range(2)] == [201, 429]


def test_an_upload_that_is_cut_is_refused_and_leaves_nothing(ada, group, folder):
    cut = io.BytesIO(b"x" * 100_000)
    with pytest.raises(Invalid, match="ended before its 200000 bytes"):
        actions.upload(ada, group, actions.Upload("a.bin", 200_000, "", cut.read))
    assert stored(folder) == []
    assert not Attachment.objects.exists()


def test_a_storage_that_takes_nothing_is_told_as_away(api, ada, group, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    assert post(api(ada), group, TEXT).status_code == 503
    assert not Attachment.objects.exists()


def test_so_many_uploads_at_once(ada, grace, group, settings):
    settings.UPLOADS_AT_ONCE = 1

    def read(count):
        answers.append(post_more(ada))
        return b"x"

    def post_more(user):
        try:
            return actions.upload(user, group, actions.Upload("b", 1, "", lambda _: b"x"))
        except Exception as error:
            return error

    answers = []
    actions.upload(ada, group, actions.Upload("a", 1, "", read))
    assert "too many files at once" in str(answers[0])
    assert isinstance(post_more(ada), Attachment)


# Sends -------------------------------------------------------------------------------------------


def test_a_file_is_sent_once_by_its_owner_in_its_chat(ada, grace, group, private_chat):
    row = uploaded(ada, group)
    for user, chat in ((grace, group), (ada, private_chat)):
        with pytest.raises(Invalid, match=str(row.pk)):
            actions.post_message(user, chat.pk, "Mine", attachment_ids=[row.pk])
    actions.post_message(ada, group.pk, "", attachment_ids=[row.pk])
    with pytest.raises(Invalid, match=str(row.pk)):
        actions.post_message(ada, group.pk, "Again", attachment_ids=[row.pk])
    assert Message.objects.count() == 1


def test_lists_of_files_that_can_t_be_sent(api, ada, group, settings):
    settings.ATTACHMENTS_PER_MESSAGE = 2
    rows = [uploaded(ada, group) for _ in range(3)]
    url = f"/api/v1/chats/{group.pk}/messages"
    for ids in ([row.pk for row in rows], [rows[0].pk] * 2, [uuid4()], ["x"], "x"):
        data = {"content": "Hello", "attachment_ids": ids}
        answer = api(ada).post(url, json.dumps(data, default=str), content_type="application/json")
        assert (answer.status_code, list(answer.json())) == (400, ["attachment_ids"])
    assert not Message.objects.exists()
    assert not Attachment.objects.filter(message_id__isnull=False).exists()


def test_a_repeated_send_is_stored_once(ada, group):
    row = uploaded(ada, group)
    sends = [
        actions.post_message(ada, group.pk, "", client_id="one", attachment_ids=[row.pk])
        for _ in range(2)
    ]
    assert [created for _, created in sends] == [True, False]
    assert sends[0][0].pk == sends[1][0].pk
    assert Message.objects.count() == 1


def test_a_refused_send_takes_no_file(ada, grace, group):
    row = uploaded(grace, group)
    actions.set_permissions(ada, group, grace.pk, can_send_messages=False)
    with pytest.raises(Refused):
        actions.post_message(grace, group.pk, "", attachment_ids=[row.pk])
    actions.set_permissions(ada, group, grace.pk, can_send_messages=True)
    message, created = actions.post_message(grace, group.pk, "", attachment_ids=[row.pk])
    assert created
    assert message.seq == 1


@pytest.mark.django_db(transaction=True)
def test_of_sends_at_once_one_has_the_file_and_numbers_have_no_hole(ada, group):
    row = uploaded(ada, group)

    def send(number):
        try:
            return actions.post_message(ada, group.pk, f"{number}", attachment_ids=[row.pk])
        except Invalid as refused:
            return refused

    def plain(number):
        return actions.post_message(ada, group.pk, f"plain {number}")

    with ThreadPoolExecutor(6) as threads:
        plains = [threads.submit(plain, number) for number in range(6)]
        answers = list(threads.map(send, range(6)))
        [one.result() for one in plains]
    assert sum(isinstance(one, Invalid) for one in answers) == 5
    rows = Message.objects.in_chat(group.pk).oldest_first()
    assert [one.seq for one in rows] == list(range(1, 8))
    [with_file] = [one for one in rows if one.attachments]
    assert Attachment.objects.get().message_id == with_file.pk


# Who sees them -----------------------------------------------------------------------------------


def test_only_members_load_a_file_and_only_its_owner_before_it_is_sent(
    api, ada, grace, stranger, group
):
    row = uploaded(ada, group, PDF, "a.pdf")
    file = address(group, row.pk, "file")
    codes = [api(user).get(file).status_code for user in (ada, grace, stranger, None)]
    assert codes == [200, 404, 404, 401]
    actions.post_message(ada, group.pk, "", attachment_ids=[row.pk])
    codes = [api(user).get(file).status_code for user in (ada, grace, stranger, None)]
    assert codes == [200, 200, 404, 401]
    other = actions.create_group(stranger, "Others", [])
    assert api(stranger).get(address(other, row.pk, "file")).status_code == 404
    actions.remove_member(ada, group, grace.pk)
    assert api(grace).get(file).status_code == 404


def test_newcomers_without_history_load_no_earlier_file(api, ada, stranger, group):
    actions.change_access(ada, group, history_for_new_members=False)
    _, earlier = sent(ada, group, PDF, "a.pdf")
    actions.add_members(ada, Chat.objects.get(pk=group.pk), [stranger.pk])
    _, later = sent(ada, group, PDF, "b.pdf")
    codes = [
        api(stranger).get(address(group, row.pk, *part)).status_code
        for row in (earlier, later)
        for part in ((), ("file",))
    ]
    assert codes == [404, 404, 200, 200]


def test_what_isn_t_known_to_be_harmless_is_a_download_that_runs_nothing(api, ada, group):
    harmful = {
        "page.html": b"<!doctype html><script>alert(1)</script>",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "photo.png": b"<html><script>alert(1)</script>",
        "program.exe": b"MZ" + b"\x00" * 100,
    }
    for name, content in harmful.items():
        _, row = sent(ada, group, content, name)
        answer = api(ada).get(address(group, row.pk, "file"))
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"].startswith("private")


def test_a_polyglot_is_what_its_first_bytes_say_and_no_more(api, ada, group):
    polyglot = b"GIF89a/*" + b"\x00" * 20 + b"*/=1;alert(1)//<script>alert(1)</script>"
    row = uploaded(ada, group, polyglot, "x.html")
    assert (row.type, row.state) == ("image/gif", "failed")  # no image, so it is loaded by nobody
    assert api(ada).get(address(group, row.pk, "file")).status_code == 404
    _, pdf = sent(ada, group, PDF + b"<script>alert(1)</script>", "x.html")
    answer = api(ada).get(address(group, pdf.pk, "file"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="x.html"')
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "code", "part", "told"),
    [
        ("bytes=0-99", 206, slice(0, 100), "bytes 0-99/{}"),
        ("bytes=100-", 206, slice(100, None), "bytes 100-{last}/{}"),
        ("bytes=-10", 206, slice(-10, None), "bytes {from_end}-{last}/{}"),
        ("bytes=0-999999", 206, slice(0, None), "bytes 0-{last}/{}"),
        ("bytes=0-0", 206, slice(0, 1), "bytes 0-0/{}"),
        ("bytes=0-1,5-6", 200, slice(0, None), None),
        ("bytes=9-3", 200, slice(0, None), None),
        ("lines=1-2", 200, slice(0, None), None),
        ("bytes=-", 200, slice(0, None), None),
        ("bytes=3700-", 416, None, "bytes */{}"),
        ("bytes=-0", 416, None, "bytes */{}"),
    ],
)
def test_ranges(api, ada, group, asked, code, part, told):
    _, row = sent(ada, group)
    assert len(TEXT) == 3700
    answer = api(ada).get(address(group, row.pk, "file"), headers={"Range": asked})
    assert answer.status_code == code
    if part:
        assert body(answer) == TEXT[part]
        assert answer.headers["Content-Length"] == str(len(TEXT[part]))
    places = {"last": len(TEXT) - 1, "from_end": len(TEXT) - 10}
    expected = told and told.format(len(TEXT), **places)
    assert answer.headers.get("Content-Range") == expected


def test_files_are_answered_by_the_proxy_where_it_is_set(api, ada, group, settings):
    settings.ATTACHMENTS_SERVED_BY = "proxy"
    _, row = sent(ada, group, PDF, "a.pdf")
    answer = api(ada).get(address(group, row.pk, "file"))
    assert answer.headers["X-Accel-Redirect"] == f"/attachments/{group.pk.hex}/{row.pk.hex}"
    assert (answer.content, answer.headers["Content-Type"]) == (b"", "application/pdf")


# Images ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_others_load_an_image_without_what_its_camera_noted(api, ada, grace, group, kind, folder):
    content = image(kind, orientation=6)
    assert MARK in content
    _, row = sent(ada, group, content, f"photo.{kind.lower()}")
    assert row.state == "ready"
    loaded = body(api(grace).get(address(group, row.pk, "file")))
    assert MARK not in loaded
    opened = Image.open(io.BytesIO(loaded))
    assert (opened.format, dict(opened.getexif())) == (kind, {})
    expected = (60, 40) if kind == "GIF" else (40, 60)  # turned as it was meant to be shown
    assert opened.size == (row.width, row.height) == expected
    small = api(grace).get(address(group, row.pk, "thumbnail"))
    assert small.headers["Content-Type"] == "image/webp"
    assert MARK not in body(small)
    for path in folder.rglob("*"):
        assert not path.is_file() or MARK not in path.read_bytes(), "the original is still there"


def test_an_image_keeps_its_place_until_a_worker_has_read_it(
    api, ada, grace, group, captured_events
):
    answer = post(api(ada), group, image("JPEG", (600, 400), orientation=8), "photo.jpg").json()
    assert (answer["width"], answer["height"], answer["state"]) == (400, 600, "pending")
    message, _ = actions.post_message(ada, group.pk, "", attachment_ids=[UUID(answer["id"])])
    file = address(group, answer["id"], "file")
    assert api(ada).get(file).status_code == api(grace).get(file).status_code == 404
    told = captured_events(events.chat_group(group.pk))
    run_due("pictures")
    [event] = told.of_type("message_updated")
    assert (event["message_id"], event["rev"]) == (str(message.pk), message.rev + 1)
    assert event["attachments"][0]["state"] == "ready"
    assert (event["seq"], event["edited_at"]) == (message.seq, None)
    url = f"/api/v1/chats/{group.pk}/messages?changed_after={message.rev}"
    [changed] = api(grace).get(url).json()["results"]
    assert changed["attachments"] == event["attachments"]
    assert api(grace).get(file).status_code == 200


def test_an_animation_stays_one(api, ada, group):
    _, row = sent(ada, group, files.animation(), "dance.gif")
    opened = Image.open(io.BytesIO(body(api(ada).get(address(group, row.pk, "file")))))
    assert opened.n_frames == 4
    opened.seek(1)
    assert opened.info["duration"] == 90


def test_bombs_and_broken_images_are_refused_and_harm_nobody(api, ada, group, settings, folder):
    settings.IMAGE_MAX_PIXELS = 10_000
    answer = post(api(ada), group, image(size=(200, 100)), "large.png")
    assert answer.json() == {"file": ["An image has at most 10000 pixels; this has 20000."]}
    content = image(size=(90, 90))
    lie = content[:16] + (50).to_bytes(4, "big") + content[20:]  # its header says less
    frames = files.animation(frames=8, size=(90, 90))
    for bad in (lie, content[:-40], content[:60], frames):
        row = uploaded(ada, group, bad, "bad.png")
        assert row.state == "failed"
        with pytest.raises(Invalid):
            actions.post_message(ada, group.pk, "", attachment_ids=[row.pk])
        assert api(ada).get(address(group, row.pk, "file")).status_code == 404
    assert stored(folder) == []
    assert not Job.objects.exists()


def test_an_image_that_can_t_be_read_after_it_was_sent_is_told(ada, group, captured_events):
    new = actions.Upload("bad.png", 60, "", io.BytesIO(image()).read)
    row = actions.upload(ada, group, new)
    actions.post_message(ada, group.pk, "", attachment_ids=[row.pk])
    told = captured_events(events.chat_group(group.pk))
    run_due("pictures")
    [event] = told.of_type("message_updated")
    assert event["attachments"][0]["state"] == "failed"


# Removal -----------------------------------------------------------------------------------------


def test_a_file_that_was_never_sent_goes_after_a_day(ada, group, folder):
    unsent, kept = uploaded(ada, group), sent(ada, group)[1]
    run_due("deletions")
    assert len(stored(folder)) == 2
    due_now(message_id=None)
    run_due("deletions")
    assert stored(folder) == [f"{group.pk.hex}/{kept.pk.hex}"]
    assert not Attachment.objects.filter(pk=unsent.pk).exists()


def test_a_file_that_is_due_is_not_sent_any_more(ada, group):
    row = uploaded(ada, group)
    due_now()
    with pytest.raises(Invalid):
        actions.post_message(ada, group.pk, "", attachment_ids=[row.pk])


def test_a_deleted_message_takes_its_files_along(api, ada, grace, group, folder):
    message, row = sent(ada, group, image(), "photo.png", text="Look")
    assert len(stored(folder)) == 2
    actions.delete_message(ada, group, message)
    assert api(grace).get(address(group, row.pk, "file")).status_code == 404
    assert api(ada).get(address(group, row.pk)).status_code == 404
    tombstone = Message.objects.get(pk=message.pk, chat_id=group.pk)
    assert not tombstone.attachments
    removed_files._next_look = 0.0
    run_due("deletions")
    assert stored(folder) == []
    assert not Attachment.objects.exists()


def test_an_image_that_is_deleted_while_a_worker_reads_it_leaves_nothing(ada, group, folder):
    new = actions.Upload("a.png", len(image()), "", io.BytesIO(image()).read)
    row = actions.upload(ada, group, new)
    message, _ = actions.post_message(ada, group.pk, "", attachment_ids=[row.pk])
    actions.delete_message(ada, group, message)
    removed_files._next_look = 0.0
    run_due()
    assert stored(folder) == []
    assert not Attachment.objects.exists()


def test_an_image_that_is_removed_while_it_is_made_leaves_nothing(ada, group, folder, monkeypatch):
    message, make = files.send_image(ada, group), pictures.make

    def make_slowly(*args):
        actions.delete_message(ada, group, message)
        removed_files._next_look = 0.0
        run_due("deletions")
        assert not Attachment.objects.exists()
        return make(*args)

    monkeypatch.setattr(pictures, "make", make_slowly)
    run_due("pictures")
    assert stored(folder) == []


def test_a_deleted_chat_takes_its_files_along(ada, group, private_chat, folder):
    sent(ada, group, image(), "photo.png")
    uploaded(ada, group)
    _, other = sent(ada, private_chat)
    actions.delete_chat(ada, Chat.objects.get(pk=group.pk))
    run_due("deletions")
    assert stored(folder) == [f"{private_chat.pk.hex}/{other.pk.hex}"]
    assert Attachment.objects.count() == 1


def test_an_account_takes_along_what_it_never_sent(ada, grace, group, folder):
    sent_file = sent(grace, group)[1]
    uploaded(grace, group)
    actions.forget_user(grace)
    removed_files._next_look = 0.0
    run_due("deletions")
    assert stored(folder) == [f"{group.pk.hex}/{sent_file.pk.hex}"]


def test_one_s_own_file_is_withdrawn_before_it_is_sent_and_not_later(
    api, ada, grace, group, folder
):
    row = uploaded(ada, group)
    assert api(grace).delete(address(group, row.pk)).status_code == 404
    assert api(ada).delete(address(group, row.pk)).status_code == 204
    assert api(ada).get(address(group, row.pk)).status_code == 404
    removed_files._next_look = 0.0
    run_due("deletions")
    assert stored(folder) == []
    _, in_message = sent(ada, group)
    assert api(ada).delete(address(group, in_message.pk)).status_code == 403
    assert api(grace).delete(address(group, in_message.pk)).status_code == 403


def test_files_are_for_their_owner_and_a_proxy_of_the_same_group(ada, group, folder):
    uploaded(ada, group)
    [file] = [path for path in folder.rglob("*") if path.is_file()]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o640, 0o750)
