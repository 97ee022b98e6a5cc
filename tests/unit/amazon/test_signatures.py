"""Whether an envelope is Amazon's: topic, certificate and signature."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.amazon.messages import UnreadableMessage, read_envelope
from chalicelib.amazon.signatures import MessageNotVerifiableNow, Verifier, fetch_certificate
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
