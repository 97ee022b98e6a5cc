"""The error tree: drawn completely, retried by name, explained for the integration engineer."""

import inspect
import json
import re
from pathlib import Path

import pytest

from chalicelib.amazon import errors
from chalicelib.amazon.errors import CallContext, CatalogApiError, Reached

ROOT = Path(__file__).parents[3]
CONTEXT = CallContext("catalog", "/prod/v1/catalog/upload", "eu-west-1", "arn:aws:iam::123456789012:role/caller")
BASES = {CatalogApiError, errors.InputRefused, errors.AccessRefused}
CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, CatalogApiError)]
LEAVES = [kind for kind in CLASSES if kind not in BASES]


def drawn_tree() -> dict[str, str]:
    """Each class with its parent, as the head of errors.py draws them."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = [(-1, "Exception")]
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^( {4,})([A-Z][A-Za-z]+)(?: {2,}|$)", line)
        if match:
            while above[-1][0] >= len(match[1]):
                above.pop()
            parents[match[2]] = above[-1][1]
            above.append((len(match[1]), match[2]))
    return parents


def test_the_tree_is_drawn_as_it_is() -> None:
    assert drawn_tree() == {kind.__name__: kind.__bases__[0].__name__ for kind in CLASSES}


def test_the_drawing_marks_what_is_tried_again() -> None:
    marked = set(re.findall(r"^ +([A-Z][A-Za-z]+) +again ", errors.__doc__ or "", flags=re.MULTILINE))
    assert marked == {kind.__name__ for kind in CLASSES if kind.again}


def test_the_state_machine_retries_exactly_what_is_worth_it() -> None:
    template = (ROOT / "terraform/modules/workflow/upload.asl.json").read_text()
    definition = json.loads(template.replace("${submit_concurrency}", "1"))
    named = set(re.findall(r'"((?:CatalogApi|Input|Access|Role)[A-Za-z]+)"', json.dumps(list(retriers(definition)))))
    assert named == {kind.__name__ for kind in CLASSES if kind.again}


def retriers(value: object) -> list[object]:
    """Every `Retry` in a state machine's definition."""
    if isinstance(value, list):
        return [found for each in value for found in retriers(each)]
    if isinstance(value, dict):
        nested = [found for key, each in value.items() if key != "Retry" for found in retriers(each)]
        return value.get("Retry", []) + nested
    return []


@pytest.mark.parametrize("kind", LEAVES)
def test_every_refusal_says_what_it_is_and_whether_it_arrived(kind: type[CatalogApiError]) -> None:
    error = kind("What happened. What to do.", text="Forbidden", http_status=403, request_id="r", error_type="T")
    assert str(error) == "What happened. What to do."
    assert (error.text, error.http_status, error.request_id, error.error_type) == ("Forbidden", 403, "r", "T")
    assert error.reached is kind.usually_reached
    assert kind("x", reached=Reached.MAYBE).reached is Reached.MAYBE


def test_only_an_unknown_outcome_may_have_reached_amazon_and_no_refused_access_has() -> None:
    assert [kind for kind in LEAVES if kind.usually_reached is Reached.MAYBE] == [errors.CatalogApiOutcomeUnknown]
    for kind in CLASSES:
        if issubclass(kind, errors.AccessRefused):
            assert kind.usually_reached is Reached.NO
            assert not kind.again
        if issubclass(kind, errors.InputRefused):
            assert kind.usually_reached is Reached.REFUSED
            assert not kind.again


@pytest.mark.parametrize("kind", [kind for kind in LEAVES if kind is not errors.RoleNotAssumable])
def test_every_refusal_has_advice_of_its_own_that_is_a_sentence(kind: type[CatalogApiError]) -> None:
    assert "advice" in vars(kind)
    advice = kind.advice.format(role_arn=CONTEXT.role_arn, region=CONTEXT.region, path=CONTEXT.path)
    assert re.fullmatch(r"[A-Z].*[.]", advice)
    assert not re.search(r"[{}]", advice)


def test_the_page_on_refused_access_explains_every_class_and_no_other() -> None:
    page = (ROOT / "docs/access-refused.md").read_text()
    explained = set(re.findall(r"^## `([A-Za-z]+)`", page, flags=re.MULTILINE))
    refusals = {kind.__name__ for kind in LEAVES if issubclass(kind, errors.AccessRefused)}
    assert explained == refusals


def test_the_page_on_refused_access_names_only_settings_that_there_are() -> None:
    page = (ROOT / "docs/access-refused.md").read_text()
    settings = (ROOT / "chalicelib/settings.py").read_text()
    for name in set(re.findall(r"`(CATALOG_API_[A-Z_]+)`", page)):
        assert f"    {name.lower()}:" in settings
