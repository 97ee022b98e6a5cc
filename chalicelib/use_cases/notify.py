"""Tells people by SNS that an upload has ended: what became of its rows, in words."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.storage import keys
from chalicelib.telemetry import count, logger
from chalicelib.tracking.models import Upload

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

SUBJECT_LENGTH = 99
"""SNS takes less than 100 characters, of printable ASCII."""


_NEVER_TAKEN = frozenset({"InvalidParameter", "InvalidParameterValue"})


def notifier(sns: "SNSClient | None", topic_arn: str | None, data_bucket: str) -> Callable[[Upload], None]:
    """A function that makes the end of an upload known to the topic; without a topic it does nothing."""

    def notify(upload: Upload) -> None:
        if not (sns and topic_arn):
            return
        attributes = (("state", upload.state), ("source", _printable(upload.source)))
        try:
            sns.publish(
                TopicArn=topic_arn,
                Subject=subject(upload),
                Message=text(upload, data_bucket),
                MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NEVER_TAKEN:
                raise
            # Trying again would keep the upload open for ever; it has ended, and the status API says so.
            logger.exception("the end of an upload could not be made known", extra={"upload_id": upload.upload_id})
            count("NotificationsRefused")

    return notify


def subject(upload: Upload) -> str:
    """One line, e.g. `COMPLETED_WITH_ERRORS: inbox/pos/prices.csv`."""
    return _printable(f"{upload.state}: {upload.key}").encode("ascii", "replace").decode()[:SUBJECT_LENGTH]


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def text(upload: Upload, data_bucket: str) -> str:
    """The notification's text."""
    counts = "\n".join(f"  {outcome.value:<9} {number:>10,}" for outcome, number in upload.counts.items())
    return (
        f"Upload {upload.upload_id} of {upload.key} has ended: {upload.state}.\n"
        f"{upload.reason or ''}\n\n"
        f"  rows read {int(upload.rows_read):>10,}\n{counts}\n\n"
        f"Which rows, and why: s3://{data_bucket}/{keys.outcome_file(upload.upload_id, '')}\n"
        f"or GET /uploads/{upload.upload_id}/files of the status API.\n"
    )
