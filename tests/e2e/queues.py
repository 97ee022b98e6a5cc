"""The queues of completion messages."""

from local.aws import LocalAws
from local.values import FAILED_EVENTS_QUEUE
from tests.e2e.waiting import wait_for


class Queues:
    """The result queue and its dead-letter queue."""

    def __init__(self, local_aws: LocalAws) -> None:
        self._sqs = local_aws.emulator.client("sqs")
        self._deployment = local_aws.deployment

    def send(self, *bodies: str) -> None:
        """Put messages into the result queue, all at once."""
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        self._sqs.send_message_batch(QueueUrl=self._deployment.queue_url, Entries=entries)

    def reason_of(self, body: str) -> str:
        """The reason with which a message has come to the dead-letter queue."""
        return wait_for(lambda: self._aside().get(body))

    def is_empty(self) -> bool:
        """Whether nothing is left in the result queue, in flight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._deployment.queue_url, AttributeNames=names)["Attributes"]
        return all(int(found[name]) == 0 for name in names)

    def _aside(self) -> dict[str, str]:
        messages = self._sqs.receive_message(
            QueueUrl=self._deployment.dead_letter_queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        return {each["Body"]: each["MessageAttributes"]["reason"]["StringValue"] for each in messages}


def failed_event(local_aws: LocalAws) -> str:
    """Take the events of the inbox that their function has failed on three times; empty if there is none."""
    sqs = local_aws.emulator.client("sqs")
    url = sqs.get_queue_url(QueueName=FAILED_EVENTS_QUEUE)["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return "\n".join(message["Body"] for message in messages)
