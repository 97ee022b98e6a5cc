"""`python -m packager.lint_state_machine`: check the state machine with cfn-lint, which knows today's Distributed Map.

The file is put into a CloudFormation template, with an ARN of the right shape for every placeholder: cfn-lint reads
nothing else. statelint, made for ASL files, refuses the Distributed Map's fields.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from cfnlint.api import lint_all  # type: ignore[import-untyped]

PROJECT = Path(__file__).parents[1]
ASL_FILE = Path("terraform/modules/workflow/upload.asl.json")


def fill_placeholders(text: str) -> str:
    """The definition as Terraform's `templatefile` writes it, with made-up values."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.endswith("_arn"):
            return f"arn:aws:lambda:us-east-1:123456789012:function:{name.removesuffix('_arn')}"
        return "50" if name.endswith("_concurrency") else name.replace("_", "-")

    return re.sub(r"\$\{(\w+)\}", value, text)


def template_of(definition: dict[str, Any]) -> dict[str, Any]:
    """A CloudFormation template with the state machine and nothing else."""
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/workflow", "Definition": definition}
    return {"Resources": {"Upload": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}


def faults_of(text: str) -> list[str]:
    """What is wrong with the definition, as sentences; none if it is right."""
    try:
        definition = json.loads(fill_placeholders(text))
    except json.JSONDecodeError as error:
        return [f"it is no JSON once its placeholders are filled in: {error}"]
    matches = lint_all(json.dumps(template_of(definition), indent=1))
    return [
        f"{match.rule.id} {match.message} ({'.'.join(str(step) for step in match.path or ())})"
        for match in matches
        if match.rule.severity != "informational"  # advice on the template around it, which is nobody's
    ]


def main() -> int:
    faults = faults_of((PROJECT / ASL_FILE).read_text())
    for fault in faults:
        print(f"{ASL_FILE}: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
