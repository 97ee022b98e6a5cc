"""Objects of one S3 bucket: whole ones, streams in, streams out, and presigned links."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, cast

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
"""S3 asks for at least 5 MiB a part, and takes 10,000 of them: files of up to 80 GiB."""
LINE_CHUNK_BYTES = 64 * 1024
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "MethodNotAllowed", "405"})


class NoSuchObject(Exception):
    """The object, or that version of it, is not there."""


@dataclass(frozen=True)
class ObjectVersion:
    """One version of an object. `metadata` is the user's, without the prefix `x-amz-meta-`; `size` in bytes."""

    key: str
    version_id: str
    size: int
    modified_at: datetime
    metadata: Mapping[str, str]


class Objects:
    """The objects of one bucket."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def head(self, key: str, version_id: str | None = None) -> ObjectVersion:
        """What is known of a version; without a version ID, of the newest one.

        Raises:
            NoSuchObject: it is not there.
        """
        try:
            if version_id:
                found = self._s3.head_object(Bucket=self.bucket, Key=key, VersionId=version_id)
            else:
                found = self._s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if version_id and error.response["Error"]["Code"] == "400":
                # S3's answer to a HEAD with a version ID that can't be one; it has no body that would say more.
                raise NoSuchObject(f"there is no version {version_id} of {key} in {self.bucket}") from error
            raise self._explain(error, key) from error
        return ObjectVersion(
            key, found.get("VersionId", "null"), found["ContentLength"], found["LastModified"], found["Metadata"]
        )

    def open(self, key: str, version_id: str | None = None) -> BinaryIO:
        """The object as a stream; it can be read forwards only.

        Raises:
            NoSuchObject: it is not there.
        """
        try:
            if version_id:
                found = self._s3.get_object(Bucket=self.bucket, Key=key, VersionId=version_id)
            else:
                found = self._s3.get_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            raise self._explain(error, key) from error
        return cast(BinaryIO, found["Body"])

    def open_from(self, key: str, offset: int) -> BinaryIO | None:
        """The object as a stream from a byte on; None if it ends there or before.

        Raises:
            NoSuchObject: it is not there.
        """
        try:
            return cast(BinaryIO, self._s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={offset}-")["Body"])
        except ClientError as error:
            if error.response["Error"]["Code"] in ("InvalidRange", "416"):
                return None
            raise self._explain(error, key) from error

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """The whole object.

        Raises:
            NoSuchObject: it is not there.
        """
        return self.open(key, version_id).read()

    def lines(self, key: str) -> Iterator[bytes]:
        """The object's lines, without their ends, while it is being read."""
        body = cast(StreamingBody, self.open(key))
        yield from body.iter_lines(chunk_size=LINE_CHUNK_BYTES)

    def exists(self, key: str) -> bool:
        """Whether the object is there."""
        try:
            self.head(key)
        except NoSuchObject:
            return False
        return True

    def write(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Write the whole object."""
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def writer(self, key: str, content_type: str) -> "ObjectWriter":
        """A stream into an object of any size. It appears, whole, when the `with` block ends well; otherwise never."""
        return ObjectWriter(self._s3, self.bucket, key, content_type)

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin with `prefix`, in order."""
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                yield found["Key"]

    def newest_versions(self, prefix: str, *, below: bool = True) -> Iterator[tuple[str, str, datetime]]:
        """Key, version ID and time of the newest version of every object that has not been deleted.

        Args:
            prefix: what their keys begin with.
            below: whether those in folders below `prefix` count, too.
        """
        delimiter = "" if below else "/"
        pages = self._s3.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter):
            for found in page.get("Versions", ()):
                if found["IsLatest"]:
                    yield found["Key"], found["VersionId"], found["LastModified"]

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that is not there is no error."""
        for key in keys:
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def link(self, key: str, *, good_for: timedelta, download_as: str) -> str:
        """A presigned link that downloads the object under the name `download_as`."""
        parameters = {
            "Bucket": self.bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{download_as}"',
        }
        return self._s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=int(good_for.total_seconds()))

    def upload_link(self, key: str, *, good_for: timedelta, metadata: Mapping[str, str]) -> str:
        """A presigned link that takes a PUT of the object; the caller must send the metadata as signed headers."""
        parameters = {"Bucket": self.bucket, "Key": key, "Metadata": dict(metadata)}
        return self._s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=int(good_for.total_seconds()))

    def _explain(self, error: ClientError, key: str) -> Exception:
        if error.response["Error"]["Code"] in _MISSING:
            return NoSuchObject(f"there is no object {key} in {self.bucket}")
        return error


class ObjectWriter:
    """Collects bytes and sends them as the parts of a multipart upload; a small object is one plain PUT."""

    def __init__(self, s3: "S3Client", bucket: str, key: str, content_type: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._buffer = bytearray()
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []

    def __enter__(self) -> "ObjectWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        elif self._upload_id:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload_id)

    def write(self, data: bytes) -> None:
        """Add bytes to the end."""
        self._buffer += data
        if len(self._buffer) >= PART_BYTES:
            self._send_part()

    def _send_part(self) -> None:
        if self._upload_id is None:
            self._upload_id = self._s3.create_multipart_upload(
                Bucket=self._bucket, Key=self._key, ContentType=self._content_type
            )["UploadId"]
        number = len(self._parts) + 1
        sent = self._s3.upload_part(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload_id, PartNumber=number, Body=bytes(self._buffer)
        )
        self._parts.append({"ETag": sent["ETag"], "PartNumber": number})
        self._buffer.clear()

    def _finish(self) -> None:
        if self._upload_id is None:
            self._s3.put_object(
                Bucket=self._bucket, Key=self._key, Body=bytes(self._buffer), ContentType=self._content_type
            )
            return
        if self._buffer:
            self._send_part()
        self._s3.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
        )
