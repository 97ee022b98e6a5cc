"""References of Terraform in the generated file."""

import json

import pytest

from local.amazon.simulator import Simulator
from local.emulator import PROJECT, Emulator
from local.references import UnknownReference, as_text, resolve
from local.values import values_for


def test_a_text_that_is_one_reference_takes_the_value_as_it_is() -> None:
    assert resolve({"scaling": [{"maximum": "${var.n}"}]}, {"var.n": 4}) == {"scaling": [{"maximum": 4}]}


def test_a_reference_within_a_text_becomes_text() -> None:
    assert resolve("app-${var.environment}-${var.n}", {"var.environment": "dev", "var.n": 4}) == "app-dev-4"


def test_a_quoted_index_is_part_of_the_reference() -> None:
    values = {'local.function_role_arns["start_upload"]': "arn"}
    assert resolve('${local.function_role_arns["start_upload"]}', values) == "arn"


def test_a_list_is_joined_and_an_object_is_encoded() -> None:
    values = {"var.stores": ("a", "b"), "var.operations": {"cart": "cart"}}
    assert resolve('${join(",", var.stores)}', values) == "a,b"
    assert json.loads(resolve("${jsonencode(var.operations)}", values)) == {"cart": "cart"}


def test_an_unknown_reference_is_named() -> None:
    with pytest.raises(UnknownReference, match=r"\$\{var\.nobody_knows\}"):
        resolve({"deep": ["${var.nobody_knows}"]}, {})


@pytest.mark.parametrize(("value", "text"), [(None, ""), (True, "true"), (False, "false"), (0.2, "0.2"), (20, "20")])
def test_a_value_becomes_the_text_that_terraform_makes_of_it(value: object, text: str) -> None:
    assert as_text(value) == text


def test_every_reference_of_the_apps_configuration_has_a_value() -> None:
    configuration = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    functions = [*configuration["lambda_functions"]]
    simulator = Simulator(
        Emulator(1, 4566, "home"), "http://127.0.0.1:4566/api", "http://certificates/", "http://c.pem"
    )
    variables = resolve(configuration, values_for(simulator, "http://queue", functions))["environment_variables"]
    assert variables["CATALOG_API_URL"] == simulator.url
    assert variables["KNOWN_STORE_IDS"].split(",") == list(simulator.stores)
