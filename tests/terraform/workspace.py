"""A copy of the Terraform root with its own state, and the commands on it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
ROOT = PROJECT / "terraform"
PACKAGED = ("chalice.tf.json", "deployment.zip", "package.json")
LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'
"""An override: the state of a test is a file, and not in S3."""


class TerraformFailed(Exception):
    """A command ended with an error; the text is what Terraform said."""


@dataclass(frozen=True)
class Workspace:
    """A folder with the root in it. `environ` comes on top of this process's environment."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def copy(cls, folder: Path, package: Path, environ: Mapping[str, str] | None = None) -> "Workspace":
        """Copy the root and the package, and initialize.

        Raises:
            TerraformFailed: no provider can be had, or the configuration is wrong.
        """
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars", "*.tfbackend", *PACKAGED)
        shutil.copytree(ROOT, folder, ignore=ignored)
        for name in PACKAGED:
            shutil.copy(package / name, folder)
        (folder / "backend_override.tf").write_text(LOCAL_BACKEND)
        workspace = cls(folder, environ or {})
        workspace.run("init", "-input=false")
        return workspace

    def run(self, *arguments: str, accept: Sequence[int] = (0,), folder: Path | None = None) -> str:
        """Run `terraform <arguments>` and give back what it wrote.

        Raises:
            TerraformFailed: its exit status is not among `accept`.
        """
        environ = {**os.environ, "TF_IN_AUTOMATION": "1", "TF_REGISTRY_DISCOVERY_RETRY": "0", **self.environ}
        command = ["terraform", *arguments[:1], *_without_colour(arguments[0]), *arguments[1:]]
        done = subprocess.run(
            command, cwd=folder or self.folder, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode not in accept:
            raise TerraformFailed(f"terraform {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def set_variables(self, **variables: Any) -> None:
        """Give the variables their values."""
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(variables))

    def apply(self) -> dict[str, Any]:
        """Apply, and give back the outputs."""
        # Each function's zip is sent by itself; ten at once are too much for the emulator on a busy machine.
        self.run("apply", "-input=false", "-auto-approve", "-parallelism=4")
        return {name: output["value"] for name, output in json.loads(self.run("output", "-json")).items()}

    def changes(self) -> str:
        """What a plan would change; empty if nothing."""
        text = self.run("plan", "-input=false", "-detailed-exitcode", accept=(0, 2))
        return "" if "No changes." in text else text

    def state(self) -> dict[str, Any]:
        """The applied configuration, as `terraform show -json` has it."""
        shown: dict[str, Any] = json.loads(self.run("show", "-json"))
        return shown

    def destroy(self) -> None:
        """Delete everything."""
        self.run("destroy", "-input=false", "-auto-approve")


def _without_colour(command: str) -> list[str]:
    return [] if command in ("fmt", "output", "show") else ["-no-color"]
