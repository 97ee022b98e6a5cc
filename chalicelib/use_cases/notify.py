"""Tells people by SNS that an upload has ended: what became of its rows, in words."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.tracking.models import Upload

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

SUBJECT_LENGTH = 100
"""SNS's limit; it takes ASCII only."""


def notifier(sns: "SNSClient | None", topic_arn: str | None) -> Callable[[Upload], None]:
    """A function that makes the end of an upload known to the topic; without a topic it does nothing."""

    def notify(upload: Upload) -> None:
        if sns and topic_arn:
            sns.publish(
                TopicArn=topic_arn,
                Subject=subject(upload),
                Message=text(upload),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in (("state", upload.state), ("source", upload.source))
                },
            )

    return notify


def subject(upload: Upload) -> str:
    """One line, e.g. `COMPLETED_WITH_ERRORS: inbox/pos/prices.csv`."""
    return f"{upload.state}: {upload.key}".encode("ascii", "replace").decode()[:SUBJECT_LENGTH]


def text(upload: Upload) -> str:
    """The notification's text."""
    counts = "\n".join(f"  {outcome.value:<9} {number:>10,}" for outcome, number in upload.counts.items())
    return (
        f"Upload {upload.upload_id} of {upload.key} has ended: {upload.state}.\n"
        f"{upload.reason or ''}\n\n"
        f"  rows read {int(upload.rows_read):>10,}\n{counts}\n\n"
        f"Which rows, and why: GET /uploads/{upload.upload_id}/files\n"
    )
