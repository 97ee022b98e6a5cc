from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.storage.objects import PART_BYTES, NoSuchObject, Objects


@pytest.fixture
def objects(aws: None) -> Objects:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return Objects(s3, "bucket")


def test_a_version_is_read_even_after_a_newer_one_came(objects: Objects) -> None:
    objects.write("inbox/a", b"old")
    old = objects.head("inbox/a").version_id
    objects.write("inbox/a", b"new")
    assert objects.read("inbox/a", old) == b"old"
    assert objects.read("inbox/a") == b"new"
    assert objects.head("inbox/a", old).size == 3


@pytest.mark.parametrize("version_id", [None, "no-such-version"])
def test_what_is_not_there_is_an_error_of_its_own(objects: Objects, version_id: str | None) -> None:
    with pytest.raises(NoSuchObject, match="inbox/b"):
        objects.head("inbox/b", version_id)
    with pytest.raises(NoSuchObject, match="inbox/b"):
        objects.open("inbox/b", version_id)
    assert not objects.exists("inbox/b")


def test_any_other_error_passes_through(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = boto3.client("s3")
    refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "HeadObject")

    def refuse(**_: object) -> None:
        raise refusal

    monkeypatch.setattr(s3, "head_object", refuse)
    with pytest.raises(ClientError):
        Objects(s3, "bucket").exists("inbox/a")


def test_metadata_comes_with_the_head(objects: Objects) -> None:
    boto3.client("s3").put_object(Bucket="bucket", Key="inbox/a", Body=b"", Metadata={"mapping": "pos"})
    assert objects.head("inbox/a").metadata == {"mapping": "pos"}


@pytest.mark.parametrize("size", [0, 10, PART_BYTES, 2 * PART_BYTES + 5])
def test_a_written_stream_arrives_whole(objects: Objects, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    with objects.writer("out", "text/plain") as writer:
        for start in range(0, size, 1_000_003):
            writer.write(data[start : min(start + 1_000_003, size)])
    assert objects.read("out") == data[:size]


@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
def test_a_stream_that_breaks_off_leaves_nothing(objects: Objects, size: int) -> None:
    def write_and_break() -> None:
        with objects.writer("out", "text/plain") as writer:
            writer.write(b"x" * size)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        write_and_break()
    assert not objects.exists("out")
    assert "Uploads" not in boto3.client("s3").list_multipart_uploads(Bucket="bucket")


def test_reading_from_an_offset_ends_with_the_object(objects: Objects) -> None:
    objects.write("out", b"0123456789")
    rest = objects.open_from("out", 7)
    assert rest
    assert rest.read() == b"789"
    assert objects.open_from("out", 10) is None
    with pytest.raises(NoSuchObject):
        objects.open_from("nothing", 0)


def test_lines_come_without_their_ends(objects: Objects) -> None:
    objects.write("out", b"one\ntwo\n")
    assert list(objects.lines("out")) == [b"one", b"two"]


def test_only_the_newest_version_of_what_is_not_deleted_is_listed(objects: Objects) -> None:
    for key in ("inbox/a", "inbox/a", "inbox/b", "other/c"):
        objects.write(key, b"x")
    objects.delete(["inbox/b"])
    [(key, version_id, _)] = list(objects.newest_versions("inbox/"))
    assert (key, version_id) == ("inbox/a", objects.head("inbox/a").version_id)


def test_keys_are_listed_by_prefix_and_deleted_without_complaint(objects: Objects) -> None:
    for key in ("a/1", "a/2", "b/1"):
        objects.write(key, b"x")
    assert list(objects.keys("a/")) == ["a/1", "a/2"]
    objects.delete(["a/1", "a/1", "a/9"])
    assert list(objects.keys("a/")) == ["a/2"]


def test_a_link_downloads_under_a_name_and_ends(objects: Objects) -> None:
    query = parse_qs(urlsplit(objects.link("a", good_for=timedelta(minutes=15), download_as="failed.csv")).query)
    assert query["response-content-disposition"] == ['attachment; filename="failed.csv"']
    assert query.get("X-Amz-Expires", ["900"]) == ["900"]


def test_an_upload_link_signs_the_metadata(objects: Objects) -> None:
    link = objects.upload_link("inbox/a", good_for=timedelta(minutes=15), metadata={"mapping": "pos"})
    assert "x-amz-meta-mapping" in link.lower()
