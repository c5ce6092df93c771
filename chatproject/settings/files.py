"""Settings of where files lie, and who answers with them."""

import os
from pathlib import Path
from typing import Any

from chatproject.environment import env_choice

ATTACHMENTS_S3_BUCKET = os.environ.get("ATTACHMENTS_S3_BUCKET", "")
ATTACHMENTS_S3_ENDPOINT = os.environ.get("ATTACHMENTS_S3_ENDPOINT", "")
# Who answers with files: Django itself, the proxy (X-Accel-Redirect), or the storage, by addresses
# that it has signed.
ATTACHMENTS_SERVED_BY = env_choice(
    "ATTACHMENTS_SERVED_BY",
    "storage" if ATTACHMENTS_S3_BUCKET else "django",
    *("django", "proxy", "storage"),
)
ATTACHMENTS_LOCATION = "/attachments/"  # the proxy's internal location of the folder
# The origin of the storage's addresses, which pages may show images and media of.
ATTACHMENTS_ORIGIN = os.environ.get("ATTACHMENTS_ORIGIN", "").rstrip("/")


def attachment_storage(folder: Path) -> dict[str, Any]:
    """The storage of attachments: a bucket if one is named, otherwise a folder."""
    if ATTACHMENTS_S3_BUCKET:
        return {"BACKEND": "chatproject.files.buckets.Bucket", "OPTIONS": _bucket()}
    # For the owner, and for a proxy in the same group.
    modes = {"file_permissions_mode": 0o640, "directory_permissions_mode": 0o750}
    location = os.environ.get("ATTACHMENTS_ROOT") or str(folder)
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": location, **modes},
    }


def _bucket() -> dict[str, Any]:
    return {
        "bucket_name": ATTACHMENTS_S3_BUCKET,
        "endpoint_url": ATTACHMENTS_S3_ENDPOINT or None,
        "region_name": os.environ.get("ATTACHMENTS_S3_REGION") or None,
        "access_key": os.environ.get("ATTACHMENTS_S3_ACCESS_KEY") or None,
        "secret_key": os.environ.get("ATTACHMENTS_S3_SECRET_KEY") or None,
        "addressing_style": "path" if ATTACHMENTS_S3_ENDPOINT else "auto",
        "signature_version": "s3v4",
        "default_acl": None,
        "file_overwrite": True,
    }
