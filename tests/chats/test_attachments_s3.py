"""Files in a bucket, on a server that speaks S3."""

from __future__ import annotations

import httpx2
import pytest

from chats import actions
from chats.actions import removed_files
from chats.models import Attachment
from tests.jobs import run_due
from tests.s3_server import BUCKET, KEYS, s3_server

from .files import MARK, PDF, TEXT, address, image, post, sent

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server():
    with s3_server() as url:
        yield url


@pytest.fixture(autouse=True)
def bucket(server, settings):
    options = {"bucket_name": BUCKET, "endpoint_url": server, "region_name": "us-east-1", **KEYS}
    storage = {"BACKEND": "chatproject.files.buckets.Bucket"}
    storage["OPTIONS"] = {**options, "addressing_style": "path", "default_acl": None}
    settings.STORAGES = {**settings.STORAGES, "attachments": storage}
    settings.ATTACHMENTS_SERVED_BY = "storage"


def test_a_file_comes_in_and_is_loaded_by_a_signed_address_with_ranges(api, ada, grace, group):
    content = PDF + b"x" * (20 * 1024 * 1024)  # more than one part
    data = post(api(ada), group, content, "r\u00e9sum\u00e9.pdf").json()
    assert (data["type"], data["size"]) == ("application/pdf", len(content))
    actions.post_message(ada, group.pk, "", attachment_ids=[Attachment.objects.get().pk])
    answer = api(grace).get(address(group, data["id"], "file"))
    assert answer.status_code == 302
    assert "X-Amz-Expires=900" in answer.headers["Location"]
    loaded = httpx2.get(answer.headers["Location"])
    assert loaded.content == content
    assert loaded.headers["Content-Type"] == "application/pdf"
    assert loaded.headers["Content-Disposition"].startswith("inline; filename=")
    assert "r%C3%A9sum%C3%A9.pdf" in loaded.headers["Content-Disposition"]
    assert loaded.headers["Cache-Control"].startswith("private")
    part = httpx2.get(answer.headers["Location"], headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")


def test_what_is_no_image_is_a_download_there_too(api, ada, group, server):
    _, row = sent(ada, group, TEXT)
    location = api(ada).get(address(group, row.pk, "file")).headers["Location"]
    path, _, query = location.partition("?")
    assert "X-Amz-Signature=" in query
    assert "response-content-disposition=attachment" in query.lower()
    assert httpx2.get(location).content == TEXT
    assert path == f"{server}/{BUCKET}/{group.pk.hex}/{row.pk.hex}"


def test_an_image_is_read_by_a_worker_and_removed_with_its_message(api, ada, group, server):
    message, row = sent(ada, group, image("JPEG"), "photo.jpg")
    for part in ("file", "thumbnail"):
        loaded = httpx2.get(api(ada).get(address(group, row.pk, part)).headers["Location"])
        assert loaded.status_code == 200
        assert MARK not in loaded.content
    listed = f"{server}/{BUCKET}?list-type=2&prefix={group.pk.hex}"
    assert httpx2.get(listed).text.count("<Key>") == 2
    actions.delete_message(ada, group, message)
    removed_files._next_look = 0.0
    run_due("deletions")
    assert "<Key>" not in httpx2.get(listed).text
