"""`python -m packager --output terraform`: package the app. `--check`: hold the package there to be current."""

import argparse
import sys
from pathlib import Path

from packager.archive import ArchiveTooLarge
from packager.build import PackageError, check, package
from packager.bytecode import CompilationFailed
from packager.chalice_output import ChaliceOutputChanged
from packager.target import ARCHITECTURES, GLIBC_MINORS, UnknownTarget


def main() -> int:
    parser = argparse.ArgumentParser(prog="packager", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=Path("terraform"), help="folder to write to (default: terraform)"
    )
    parser.add_argument("--environment", default="dev", help="Chalice's stage while it packages (default: dev)")
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="arm64", help="Lambda's (default: arm64)")
    parser.add_argument("--python", choices=GLIBC_MINORS, default="3.13", help="Lambda's (default: 3.13)")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of app.py (default: here)")
    parser.add_argument("--check", action="store_true", help="write nothing; fail unless the package there is current")
    arguments = parser.parse_args()
    project, output = arguments.project.resolve(), arguments.output.resolve()
    try:
        if arguments.check:
            check(project, output)
        else:
            options = {name: getattr(arguments, name) for name in ("environment", "architecture", "python")}
            package(project, output, **options)
    except (PackageError, ChaliceOutputChanged, ArchiveTooLarge, CompilationFailed, UnknownTarget) as error:
        print(f"packager: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
