import pytest

from chalicelib.settings import Settings, SettingsError

REQUIRED = {
    "ENVIRONMENT": "test",
    "INBOX_BUCKET": "inbox",
    "DATA_BUCKET": "data",
    "TABLE_NAME": "table",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:upload",
    "RESULT_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:results",
    "DEAD_LETTER_QUEUE_URL": "https://queue",
    "RESULT_TOPIC_ARN": "arn:aws:sns:us-east-1:210987654321:results",
    "CATALOG_API_URL": "https://api.example",
    "CATALOG_API_REGION": "us-east-1",
    "CATALOG_API_ROLE_ARN": "arn:aws:iam::123456789012:role/catalog",
}


def test_the_defaults_are_amazons_limits() -> None:
    settings = Settings.from_environment(REQUIRED)
    assert (settings.calls_per_second, settings.max_batch_items) == (10.0, 10_000)
    assert settings.catalog_api_upload_path == "/v1/catalog/upload"
    assert settings.source_operations == {"cart": "cart", "archive": "archive"}


def test_an_empty_variable_counts_as_absent() -> None:
    settings = Settings.from_environment({**REQUIRED, "CATALOG_API_EXTERNAL_ID": " ", "MAX_REJECTED_RATIO": ""})
    assert settings.catalog_api_external_id is None
    assert settings.max_rejected_ratio == 0.2


def test_each_kind_of_setting_is_read_as_its_type() -> None:
    settings = Settings.from_environment(
        {
            **REQUIRED,
            "KNOWN_STORE_IDS": "s1, s2,,",
            "MAX_REJECTED_RATIO": "0.5",
            "MAX_BATCH_ITEMS": "100",
            "VERIFY_SNS_SIGNATURES": "False",
            "SOURCE_OPERATIONS": '{"dash": "cart"}',
        }
    )
    assert settings.known_store_ids == ("s1", "s2")
    assert (settings.max_rejected_ratio, settings.max_batch_items) == (0.5, 100)
    assert settings.verify_sns_signatures is False
    assert settings.source_operations == {"dash": "cart"}


def test_all_missing_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"INBOX_BUCKET, DATA_BUCKET.*docs/settings.md"):
        Settings.from_environment({"ENVIRONMENT": "dev"})


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("MAX_REJECTED_RATIO", "lots", "float"),
        ("MAX_BATCH_ITEMS", "1.5", "int"),
        ("VERIFY_SNS_SIGNATURES", "yes", "true or false"),
        ("SOURCE_OPERATIONS", '{"a": "delete"}', "catalog, cart and archive"),
        ("SOURCE_OPERATIONS", "[]", "JSON object"),
        ("SOURCE_OPERATIONS", "{", "Expecting"),
    ],
)
def test_a_malformed_setting_is_named_with_its_value(name: str, text: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_environment({**REQUIRED, name: text})
    assert hint in str(caught.value)
