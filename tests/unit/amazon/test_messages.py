"""Envelopes and the subscription."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.amazon.messages import (
    Envelope,
    EnvelopeType,
    UnreadableMessage,
    confirm_subscription,
    read_envelope,
    region_of_topic,
)
from tests.unit.amazon.sns_envelopes import TOPIC, confirmation, notification


def test_the_string_to_sign_is_built_to_the_letter() -> None:
    envelope = read_envelope(json.dumps(notification(Message="m", Subject="s")))
    assert envelope.string_to_sign.decode() == (
        "Message\nm\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubject\ns\nTimestamp\n2026-11-23T11:59:58.123Z\n"
        f"TopicArn\n{TOPIC}\nType\nNotification\n"
    )
    envelope = read_envelope(json.dumps(confirmation(Message="m", Token="t", SubscribeURL="u", Subject="never signed")))
    assert envelope.string_to_sign.decode() == (
        "Message\nm\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubscribeURL\nu\n"
        f"Timestamp\n2026-11-23T11:59:58.123Z\nToken\nt\nTopicArn\n{TOPIC}\nType\nSubscriptionConfirmation\n"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the body is not JSON"),
        ("not json", "the body is not JSON"),
        ('{"Type": "Notification"', "the body is not JSON"),
        ("[" * 100_000, "the body is not JSON"),
        ('{"Type": "\\ud800"}', "the body is not JSON"),
        ("[]", "not a JSON object"),
        ('"Notification"', "not a JSON object"),
        ("null", "not a JSON object"),
        ("{}", "Type is none of Notification, SubscriptionConfirmation, UnsubscribeConfirmation"),
        ('{"Type": ["Notification"]}', "Type is none of"),
        ('{"Type": "notification"}', "Type is none of"),
        ('{"Records": [{"s3": {}}]}', "Type is none of"),
        (json.dumps(notification(MessageId=None)), "MessageId is missing"),
        (json.dumps(notification(TopicArn=7)), "TopicArn is missing or no text"),
        (json.dumps(notification(Message={"ingestionId": "ing-1"})), "Message is missing or no text"),
        (json.dumps(notification(Timestamp=None)), "Timestamp is missing"),
        (json.dumps(notification(Subject=["x"])), "Subject is no text"),
        (json.dumps(notification(Signature=1)), "Signature is no text"),
        (json.dumps(confirmation(Token=None)), "Token is missing"),
        (json.dumps(confirmation(SubscribeURL=None)), "SubscribeURL is missing"),
        (json.dumps(confirmation(Type="UnsubscribeConfirmation", Token=None)), "Token is missing"),
    ],
)
def test_what_is_no_envelope_says_why(body: str, reason: str) -> None:
    with pytest.raises(UnreadableMessage, match=reason) as caught:
        read_envelope(body)
    assert str(caught.value) == caught.value.reason


@settings(deadline=None)
@given(
    body=st.text()
    | st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["Type", "Message", "Token", "x"]), inner),
    ).map(json.dumps)
)
def test_any_text_at_all_is_an_envelope_or_unreadable(body: str) -> None:
    try:
        read_envelope(body)
    except UnreadableMessage:
        return
    assert isinstance(json.loads(body), dict)


def test_a_topic_names_its_region() -> None:
    assert region_of_topic("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t.fifo") == "us-gov-west-1"


@pytest.fixture
def subscription() -> Envelope:
    return read_envelope(json.dumps(confirmation()))


def test_a_subscription_is_confirmed_in_the_region_of_its_topic(subscription: Envelope) -> None:
    client = boto3.client("sns", region_name="us-west-2")
    regions = []

    def client_for(region: str) -> Any:
        regions.append(region)
        return client

    with Stubber(client) as stub:
        expected = {"TopicArn": TOPIC, "Token": subscription.token, "AuthenticateOnUnsubscribe": "true"}
        stub.add_response("confirm_subscription", {"SubscriptionArn": f"{TOPIC}:1"}, expected)
        assert confirm_subscription(subscription, client_for) == f"{TOPIC}:1"
        stub.assert_no_pending_responses()
    assert regions == ["us-west-2"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidParameter", UnreadableMessage),
        ("InvalidParameterException", UnreadableMessage),
        ("AuthorizationError", ClientError),
        ("InternalError", ClientError),
    ],
)
def test_a_token_that_is_too_old_will_never_do_and_other_refusals_may_be_mended(
    subscription: Envelope, code: str, error: type[Exception]
) -> None:
    client = boto3.client("sns", region_name="us-west-2")
    with Stubber(client) as stub:
        stub.add_client_error("confirm_subscription", code, "Invalid token")
        with pytest.raises(error):
            confirm_subscription(subscription, lambda region: client)


@pytest.mark.parametrize("kind", [EnvelopeType.NOTIFICATION, EnvelopeType.UNSUBSCRIBE_CONFIRMATION])
def test_nothing_but_a_subscription_is_confirmed(kind: EnvelopeType) -> None:
    envelope = read_envelope(json.dumps(confirmation(Type=kind.value)))
    with pytest.raises(ValueError, match="nothing to confirm"):
        confirm_subscription(envelope, lambda region: pytest.fail("asked"))
