"""Envelopes, their signatures, and the subscription."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
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
    MessageNotVerifiableNow,
    UnreadableMessage,
    Verifier,
    confirm_subscription,
    fetch_certificate,
    read_envelope,
    region_of_topic,
)
from tests.unit.amazon.http_answers import Answer, AnsweringServer, reset
from tests.unit.amazon.sns_envelopes import CERTIFICATE_URL, NOW, TOPIC, Signer, confirmation, notification

GOLDEN = Path(__file__).parent / "golden/envelopes"
GOLDEN_NAMES = sorted(path.name.removesuffix(".expected.json") for path in GOLDEN.glob("*.expected.json"))


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def verifier_of(pem: bytes | Exception, **arguments: Any) -> Verifier:
    def fetch(url: str) -> bytes:
        if isinstance(pem, Exception):
            raise pem
        return pem

    return Verifier(TOPIC, **{"fetch": fetch, "now": lambda: NOW, **arguments})


@pytest.mark.parametrize("name", GOLDEN_NAMES)
def test_a_golden_envelope_is_read_and_judged_as_expected(name: str) -> None:
    envelope = read_envelope((GOLDEN / f"{name}.json").read_text())
    expected = json.loads((GOLDEN / f"{name}.expected.json").read_text())
    assert (envelope.type, envelope.subject) == (expected["type"], expected["subject"])
    verifier = verifier_of((GOLDEN / "certificate.pem").read_bytes())
    if expected["verdict"] == "genuine":
        verifier.verify(envelope)
    else:
        with pytest.raises(UnreadableMessage) as caught:
            verifier.verify(envelope)
        assert caught.value.reason.startswith(expected["verdict"])


def test_every_golden_envelope_has_its_expectation() -> None:
    assert {path.name.removesuffix(".json") for path in GOLDEN.glob("*.json") if ".expected." not in path.name} == set(
        GOLDEN_NAMES
    )
    assert len(GOLDEN_NAMES) >= 16


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


@settings(deadline=None)
@given(
    message=st.text(),
    subject=st.none() | st.text(),
    version=st.sampled_from(["1", "2"]),
    make=st.sampled_from([notification, confirmation]),
)
def test_whatever_sns_signs_is_genuine(
    message: str, subject: str | None, version: str, make: Callable[..., dict[str, Any]]
) -> None:
    signer = _one_signer()
    if any("\ud800" <= sign <= "\udfff" for sign in message + (subject or "")):
        return
    body = signer.sign(make(Message=message, Subject=subject), version=version)
    verifier_of(signer.pem).verify(read_envelope(body))


@settings(deadline=None)
@given(
    position=st.integers(0, 10_000),
    mask=st.integers(1, 127),
    key=st.sampled_from(["Message", "MessageId", "Timestamp"]),
)
def test_no_sign_of_a_signed_field_can_be_changed(position: int, mask: int, key: str) -> None:
    signer = _one_signer()
    fields = notification()
    text = fields[key]
    at = position % len(text)
    changed = text[:at] + chr(ord(text[at]) ^ mask) + text[at + 1 :]
    with pytest.raises(UnreadableMessage, match="the signature is wrong"):
        verifier_of(signer.pem).verify(read_envelope(signer.sign(fields, **{key: changed})))


@settings(deadline=None)
@given(
    fields=st.fixed_dictionaries(
        {},
        optional={
            "SignatureVersion": st.sampled_from(["1", "2", "3", ""]) | st.text(),
            "Signature": st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()),
            "SigningCertURL": st.just(CERTIFICATE_URL) | st.text(),
        },
    ),
    pem=st.binary() | st.just(b"") | st.none(),
)
def test_a_forger_gets_nowhere_whatever_he_writes(fields: dict[str, str], pem: bytes | None) -> None:
    envelope = read_envelope(json.dumps(notification(**fields)))
    with pytest.raises((UnreadableMessage, MessageNotVerifiableNow)):
        verifier_of(_one_signer().pem if pem is None else pem).verify(envelope)


_SIGNERS: list[Signer] = []


def _one_signer() -> Signer:
    if not _SIGNERS:
        _SIGNERS.append(Signer())
    return _SIGNERS[0]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.us-west-2.amazonaws.com:443/SimpleNotificationService-0a.pem",
        "https://sns.us-west-2.amazonaws.com@evil.example.com/SimpleNotificationService-0a.pem",
        "https://user@sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.us-west-2.amazonaws.com.evil.example.com/SimpleNotificationService-0a.pem",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem?x=1",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem#x",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem\n",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0a.pem/",
        "https://sns.us-west-2.amazonaws.com/../SimpleNotificationService-0a.pem",
        "https://sns.us-west-2.amazonaws.com/a/SimpleNotificationService-0a.pem",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0g.pem",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-.pem",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0aXpem",
        "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-\u0661.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-0a.pem",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(signer: Signer, url: str) -> None:
    verifier = verifier_of(AssertionError("fetched"))
    with pytest.raises(UnreadableMessage, match="the certificate's URL is not"):
        verifier.verify(read_envelope(signer.sign(notification(), SigningCertURL=url)))


def test_the_local_aws_has_its_certificates_elsewhere(signer: Signer) -> None:
    verifier = verifier_of(signer.pem, certificate_url_prefix="http://127.0.0.1:4566/certificates/")
    local = "http://127.0.0.1:4566/certificates/SimpleNotificationService-0a.pem"
    verifier.verify(read_envelope(signer.sign(notification(), SigningCertURL=local)))
    for url in (CERTIFICATE_URL, f"{local}?x", local.replace("/certificates", "")):
        with pytest.raises(UnreadableMessage, match="the certificate's URL is not"):
            verifier.verify(read_envelope(signer.sign(notification(), SigningCertURL=url)))


def test_a_certificate_is_fetched_once(signer: Signer) -> None:
    fetched = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return signer.pem

    verifier = verifier_of(b"", fetch=fetch)
    for _ in range(3):
        verifier.verify(read_envelope(signer.sign(notification())))
    assert fetched == [CERTIFICATE_URL]


def test_a_certificate_that_does_not_come_is_asked_for_again_later(signer: Signer) -> None:
    answers: list[bytes | Exception] = [MessageNotVerifiableNow("later"), b"<html>", signer.pem]

    def fetch(url: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    verifier, envelope = verifier_of(b"", fetch=fetch), read_envelope(signer.sign(notification()))
    for reason in ("later", "is no certificate"):
        with pytest.raises(MessageNotVerifiableNow, match=reason):
            verifier.verify(envelope)
    verifier.verify(envelope)


def test_a_certificate_counts_only_between_its_dates(signer: Signer) -> None:
    envelope = read_envelope(signer.sign(notification()))
    with pytest.raises(UnreadableMessage, match="was good until"):
        verifier_of(signer.pem, now=lambda: NOW + timedelta(days=101)).verify(envelope)
    with pytest.raises(MessageNotVerifiableNow, match="is good from"):
        verifier_of(signer.pem, now=lambda: NOW - timedelta(days=101)).verify(envelope)


def test_the_certificate_must_be_the_signers(signer: Signer) -> None:
    with pytest.raises(UnreadableMessage, match="the signature is wrong"):
        verifier_of(Signer().pem).verify(read_envelope(signer.sign(notification())))


def test_a_certificate_of_another_kind_of_key_is_refused(signer: Signer) -> None:
    with pytest.raises(UnreadableMessage, match="no RSA key"):
        verifier_of(Signer(elliptic=True).pem).verify(read_envelope(signer.sign(notification())))


def test_without_signature_checks_the_topic_still_counts() -> None:
    verifier = verifier_of(AssertionError("fetched"), check_signatures=False)
    verifier.verify(read_envelope(json.dumps(notification())))
    with pytest.raises(UnreadableMessage, match="of the topic"):
        verifier.verify(read_envelope(json.dumps(notification(TopicArn=f"{TOPIC}-2"))))


def test_a_reason_can_be_an_attribute_of_an_sqs_message() -> None:
    strange = "\x00\x1f" + "x" * 5000
    for body in (
        notification(TopicArn=strange),
        notification(SignatureVersion=strange, SigningCertURL=CERTIFICATE_URL),
    ):
        with pytest.raises(UnreadableMessage) as caught:
            verifier_of(_one_signer().pem).verify(read_envelope(json.dumps(body)))
        assert caught.value.reason.isprintable()
        assert len(caught.value.reason) < 1024


def test_a_certificate_is_fetched_over_http(server: AnsweringServer, signer: Signer) -> None:
    server.answers(Answer(200, signer.pem))
    assert fetch_certificate(f"{server.url}/SimpleNotificationService-0a.pem") == signer.pem


@pytest.mark.parametrize("script", [Answer(404), Answer(503), Answer(302, headers={"Location": "/x"}), reset])
def test_a_certificate_that_is_not_served_may_be_later(server: AnsweringServer, script: Any) -> None:
    server.answers(script)
    with pytest.raises(MessageNotVerifiableNow, match="certificate"):
        fetch_certificate(f"{server.url}/SimpleNotificationService-0a.pem")
    assert len(server.requests) == 1


def test_the_real_clock_and_the_real_fetch_are_the_defaults(server: AnsweringServer) -> None:
    golden = (GOLDEN / "notification-version-2.json").read_text()
    server.answers(Answer(200, (GOLDEN / "certificate.pem").read_bytes()))
    verifier = Verifier(TOPIC, certificate_url_prefix=f"{server.url}/")
    local = f"{server.url}/SimpleNotificationService-0a.pem"
    verifier.verify(read_envelope(json.dumps(json.loads(golden) | {"SigningCertURL": local})))


@pytest.mark.parametrize(
    "arn",
    ["", TOPIC.replace("sns", "sqs"), TOPIC.replace("5555", "555"), "arn:aws:sns:us-west-2:555566667777:", f"{TOPIC} "],
)
def test_a_setting_that_is_no_topic_is_refused(arn: str) -> None:
    with pytest.raises(ValueError, match="not the ARN of an SNS topic"):
        Verifier(arn)


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
