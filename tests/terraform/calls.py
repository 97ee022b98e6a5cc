"""The calls of a run, as the recorder wrote them, and the policies that allow them."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Call:
    """One action that the emulator checked. `role` is the role that the caller's session is of, without the rest."""

    role: str
    action: str
    resource: str
    allowed: bool


def read_calls(path: Path) -> list[Call]:
    """Every call that somebody made with a role."""
    calls = []
    for line in path.read_text().splitlines():
        recorded = json.loads(line)
        if role := re.search(r":assumed-role/([^/]+)/", recorded["caller"]):
            calls.append(Call(role[1], recorded["action"], recorded["resource"], recorded["allowed"]))
    return calls


def actions_by_role(calls: Iterable[Call]) -> dict[str, set[str]]:
    """What each role did."""
    found: dict[str, set[str]] = defaultdict(set)
    for call in calls:
        if call.allowed:
            found[call.role].add(call.action)
    return found


def refusals(calls: Iterable[Call]) -> list[str]:
    """What the roles asked for and their policies lack, as sentences."""
    refused = {(call.role, call.action, call.resource) for call in calls if not call.allowed}
    return [f"{role} was refused {action} on {resource}" for role, action, resource in sorted(refused)]


def policies_by_role(state: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The statements of every role's own policy. `state`: what `terraform show -json` says once it is applied."""
    found = {}
    for resource in _resources(state["values"]["root_module"]):
        if resource["type"] == "aws_iam_role_policy":
            statements = json.loads(resource["values"]["policy"])["Statement"]
            found[resource["values"]["role"]] = statements if isinstance(statements, list) else [statements]
    return found


def actions_of(statements: Iterable[Mapping[str, Any]]) -> set[str]:
    """The actions that statements allow."""
    listed = [statement["Action"] for statement in statements]
    return {action for each in listed for action in ([each] if isinstance(each, str) else each)}


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)
