"""A bucket of S3, or of what speaks like it, as Django's storage; needs `django-storages[s3]`."""

from __future__ import annotations

from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

PART = 8 * 1024 * 1024  # bytes of a part of an upload, which is kept in memory
TIMEOUT = 10  # seconds for a connection, and for an answer


class Bucket(S3Storage):
    """Uploads part by part, without threads of its own: their buffers would be ten parts."""

    def __init__(self, **options: Any) -> None:
        client = Config(
            s3={"addressing_style": options.pop("addressing_style", "auto")},
            signature_version=options.pop("signature_version", "s3v4"),
            connect_timeout=TIMEOUT,
            read_timeout=TIMEOUT,
            retries={"max_attempts": 2, "mode": "standard"},
        )
        parts = TransferConfig(
            multipart_threshold=PART, multipart_chunksize=PART, use_threads=False
        )
        super().__init__(client_config=client, transfer_config=parts, **options)
