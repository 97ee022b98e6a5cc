"""What must agree between app, Terraform and docs; what AWS is stricter about than the emulator. Reads files only."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chalicelib import telemetry
from chalicelib.settings import Settings
from chalicelib.tracking import models
from chalicelib.tracking.states import UploadState

PROJECT = Path(__file__).parents[2]
TERRAFORM = PROJECT / "terraform"
CONFIG = json.loads((PROJECT / ".chalice" / "config.json").read_text())
ASL = (TERRAFORM / "modules" / "workflow" / "upload.asl.json").read_text()
MODULES = sorted(path.name for path in (TERRAFORM / "modules").iterdir())


def blocks(path: Path, kind: str) -> dict[str, str]:
    """The bodies of the blocks of one kind in a file, by their last label. Terraform's `fmt` has laid them out."""
    pattern = rf'^{kind} (?:"[\w-]+" )*"([\w-]+)" \{{\n(.*?)^\}}'
    return dict(re.findall(pattern, path.read_text(), re.DOTALL | re.MULTILINE))


def assigned(body: str, name: str) -> str:
    """The expression that an argument of a block is given."""
    found = re.search(rf"^ +{name} += (.*)$", body, re.MULTILINE)
    assert found, f"no {name}"
    return found[1]


def references(kind: str) -> set[str]:
    """What the Chalice app's configuration asks of Terraform, e.g. `module.inbox.bucket_name`."""
    return set(re.findall(rf"\b{kind}\.([\w.]+)", json.dumps(CONFIG)))


VARIABLES = blocks(TERRAFORM / "variables.tf", "variable")


def test_every_variable_that_the_app_asks_for_is_declared() -> None:
    assert references("var") <= VARIABLES.keys()


def test_every_module_output_that_the_app_asks_for_is_there() -> None:
    asked = references("module")
    assert asked
    for module, output in (reference.split(".") for reference in asked):
        assert output in blocks(TERRAFORM / "modules" / module / "outputs.tf", "output"), f"module.{module}.{output}"


def test_every_function_of_the_app_has_a_role_and_the_roles_have_no_other() -> None:
    declared = set(CONFIG["lambda_functions"])
    text = (TERRAFORM / "functions.tf").read_text()
    statements = text[text.index("function_statements = {") : text.index("kms_statements")]
    roles = set(
        re.findall(r"^    (\w+) = (?:merge\(local\.claim_and_start, )?(?:\{|local\.)", statements, re.MULTILINE)
    )
    assert declared == roles
    assert {CONFIG["lambda_functions"][name]["iam_role_arn"] for name in declared} == {
        f'${{local.function_role_arns["{name}"]}}' for name in declared
    }


def test_every_setting_is_an_environment_variable_and_the_other_way_round() -> None:
    settings = {field.name.upper() for field in fields(Settings)}
    variables = {name for name in CONFIG["environment_variables"] if not name.startswith("POWERTOOLS_")}
    assert settings == variables


def test_what_may_be_given_and_what_is_made_fit_into_the_4_kb_of_settings_that_a_function_takes() -> None:
    limit = re.search(r"\* 3 / 4 <= (\d+)$", VARIABLES["known_store_ids"], re.MULTILINE)
    assert limit
    size = int(limit[1])
    for name, expression in CONFIG["environment_variables"].items():
        size += len(f'"{name}":"",')
        given = re.findall(r"var\.(\w+)", expression)
        if not all(f"var.{variable}" in VARIABLES["known_store_ids"] for variable in given) or not given:
            size += 16 if given else 110  # the longest number or word; the longest ARN or URL that Terraform makes
    assert size <= 4096


def test_the_defaults_of_terraform_are_those_of_the_app() -> None:
    for field in fields(Settings):
        expression = CONFIG["environment_variables"][field.name.upper()]
        names = re.findall(r"var\.(\w+)", expression)
        if not names or "default" not in VARIABLES[names[0]]:
            continue
        default = assigned(VARIABLES[names[0]], "default")
        given = {'""': None, "[]": (), '{ cart = "cart", archive = "archive" }': {"cart": "cart", "archive": "archive"}}
        expected = field.default_factory() if callable(field.default_factory) else field.default  # type: ignore[misc]
        assert (given[default] if default in given else json.loads(default)) == expected, field.name


def rows_of(path: Path) -> Iterator[list[str]]:
    """The rows of a page's tables, without headings."""
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith(("| `", "| - |")):
            yield cells


def test_the_table_of_settings_is_complete() -> None:
    rows = list(rows_of(PROJECT / "docs" / "settings.md"))
    variables = {row[0].strip("`") for row in rows if row[0] != "-"}
    terraform = {name for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    assert variables == CONFIG["environment_variables"].keys()
    assert terraform == VARIABLES.keys()


@pytest.mark.parametrize("row", list(rows_of(PROJECT / "docs" / "settings.md")), ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row_of_the_table_of_settings_is_right(row: list[str]) -> None:
    variable, terraform, default, meaning = row
    if variable != "-":
        expression = CONFIG["environment_variables"][variable.strip("`")]
        assert re.findall(r"var\.(\w+)", expression) == re.findall(r"`(\w+)`", terraform)
    for name in re.findall(r"`(\w+)`", terraform):
        body = VARIABLES[name]
        assert default == (f"`{assigned(body, 'default')}`" if "default" in body else "required")
    assert len(meaning) > 10


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_variable_has_a_type_a_description_and_where_it_can_be_wrong_a_validation(name: str) -> None:
    body = VARIABLES[name]
    kind = assigned(body, "type")
    assert len(assigned(body, "description")) > 20
    checked_elsewhere = {"tags", "alarm_emails", "notification_emails"}  # the last two by the module
    if kind != "bool" and name not in checked_elsewhere:
        assert "validation {" in body
        assert assigned(body, "error_message").startswith('"Give ') or "Leave it empty" in body


@pytest.mark.parametrize("module", MODULES)
def test_a_modules_page_names_its_inputs_and_outputs_and_shows_an_example(module: str) -> None:
    folder = TERRAFORM / "modules" / module
    page = (folder / "README.md").read_text()
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert named == blocks(folder / "variables.tf", "variable").keys() | blocks(folder / "outputs.tf", "output").keys()
    assert f'source = "../{module}"' in page or f'source = "./modules/{module}"' in page


@pytest.mark.parametrize("module", MODULES)
def test_every_input_and_output_of_a_module_is_described(module: str) -> None:
    folder = TERRAFORM / "modules" / module
    for kind in ("variable", "output"):
        for name, body in blocks(folder / f"{kind}s.tf", kind).items():
            assert len(assigned(body, "description")) > 10, name


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_an_example_of_variables_gives_what_is_required_and_nothing_unknown(environment: str) -> None:
    text = (TERRAFORM / "environments" / f"{environment}.tfvars.example").read_text()
    given = set(re.findall(r"^(?:# )?(\w+) +=", text, re.MULTILINE))
    set_ = set(re.findall(r"^(\w+) +=", text, re.MULTILINE))
    required = {name for name, body in VARIABLES.items() if not re.search(r"^  default", body, re.MULTILINE)}
    assert given <= VARIABLES.keys()
    assert required <= set_
    assert f'environment = "{environment}"' in text
    assert (
        f"store-catalog/{environment}.tfstate"
        in (TERRAFORM / "environments" / f"{environment}.tfbackend.example").read_text()
    )


def test_the_local_openings_are_closed_by_default() -> None:
    assert assigned(VARIABLES["require_tls"], "default") == "true"
    assert assigned(VARIABLES["verify_sns_signatures"], "default") == "true"
    assert assigned(VARIABLES["protect_data"], "default") == "true"
    assert assigned(VARIABLES["sns_certificate_url_prefix"], "default") == '""'


def test_the_placeholders_of_the_state_machine_are_those_that_terraform_fills_in() -> None:
    asked = set(re.findall(r"\$\{(\w+)\}", ASL))
    steps = {"preflight", "prepare_catalog", "record_upload", "submit_batch", "close_submission"}
    assert asked == {f"{step}_arn" for step in steps} | {"data_bucket", "submit_concurrency"}
    assert all(name in (TERRAFORM / "modules" / "workflow" / "main.tf").read_text() for name in ("data_bucket", "_arn"))


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, those within a map too."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def test_no_state_gives_out_more_than_fits_between_states() -> None:
    # 256 KiB is AWS's limit; the emulator has none. What a function answers is dropped, or picked field by field.
    machine = json.loads(re.sub(r"\$\{submit_concurrency\}", "50", ASL))
    for name, state in states(machine):
        if state["Type"] == "Task":
            selected = state.get("ResultSelector") or state.get("OutputPath")
            assert state.get("ResultPath", "absent") is None or selected or state.get("End"), name
        if state["Type"] == "Map":
            assert state.get("ResultPath", "absent") is None, f"{name} keeps the results of a thousand batches"


def test_batches_run_as_executions_of_their_own() -> None:
    machine = json.loads(re.sub(r"\$\{submit_concurrency\}", "50", ASL))
    (processor,) = [state["ItemProcessor"] for _, state in states(machine) if "ItemProcessor" in state]
    assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def test_messages_are_hidden_six_times_as_long_as_the_function_may_take() -> None:
    queue = blocks(TERRAFORM / "modules" / "results" / "variables.tf", "variable")["visibility_timeout_seconds"]
    timeout = CONFIG["lambda_functions"]["ingestion_message"]["lambda_timeout"]
    assert int(assigned(queue, "default")) >= 6 * timeout
    assert re.search(rf">= {6 * timeout}\b", queue)


def test_sessions_of_the_allow_listed_role_are_an_hour_at_most() -> None:
    # Functions have assumed a role already; AWS refuses more than an hour for a chained session.
    assert "max_session_duration = 3600" in (TERRAFORM / "modules" / "catalog_api_role" / "main.tf").read_text()
    text = (PROJECT / "chalicelib" / "amazon" / "credentials.py").read_text()
    assert re.findall(r"^MAX_SESSION_SECONDS = (\d+)$", text, re.MULTILINE) == ["3600"]


def test_the_table_has_the_keys_and_indexes_of_the_models() -> None:
    table = (TERRAFORM / "modules" / "tracking" / "main.tf").read_text()
    declared = dict(
        re.findall(
            r'global_secondary_index \{\s+name += "(\w+)".*?attribute_name = "(\w+)"\s+key_type += "HASH"',
            table,
            re.DOTALL,
        )
    )
    indexes = {models.UploadsByTime: "kind", models.OpenUploads: "open"}
    assert declared == {index.Meta.index_name: hash_key for index, hash_key in indexes.items()}
    assert re.search(r'hash_key += "pk"\n +range_key += "sk"', table)
    assert 'attribute_name = "expires"' in table


def counted_metrics() -> set[str]:
    """The names that the app gives to `count`. One is made of the state that an upload ends in."""
    found = {f"Uploads{state.title().replace('_', '')}" for state in UploadState if state.is_final}
    for path in (PROJECT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "count" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
    return found


def test_every_alarm_on_a_metric_of_the_app_is_on_one_that_the_app_counts() -> None:
    monitoring = (TERRAFORM / "modules" / "monitoring" / "main.tf").read_text()
    alarms = re.search(r"app_alarms = \{\n(.*?)\n  \}", monitoring, re.DOTALL)
    assert alarms
    named = set(re.findall(r"^    (\w+) +=", alarms[1], re.MULTILINE))
    assert named
    assert named <= counted_metrics()
    assert (telemetry.NAMESPACE, telemetry.SERVICE) == ("StoreCatalog", "store-catalog")


def test_the_cost_table_is_what_its_script_computes() -> None:
    done = subprocess.run(
        [sys.executable, str(PROJECT / "docs" / "cost.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout in (PROJECT / "docs" / "deploy.md").read_text()


def test_every_alarm_says_what_to_do() -> None:
    monitoring = (TERRAFORM / "modules" / "monitoring" / "main.tf").read_text()
    for body in re.findall(
        r'resource "aws_cloudwatch_metric_alarm" "\w+" \{\n(.*?)^\}', monitoring, re.DOTALL | re.MULTILINE
    ):
        assert "alarm_description" in body
        assert "alarm_actions" in body


def test_every_section_of_the_runbook_that_an_alarm_names_is_there() -> None:
    named = set(re.findall(r"Runbook: ([^.\"]+)\.", (TERRAFORM / "modules" / "monitoring" / "main.tf").read_text()))
    page = (PROJECT / "docs" / "runbook.md").read_text()
    sections = set(re.findall(r"^## (.+)$", page, re.MULTILINE)) | set(
        re.findall(r"^\| \*\*(.+?)\*\*", page, re.MULTILINE)
    )
    assert len(named) > 5
    assert named <= sections
