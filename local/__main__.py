"""`python -m local up|down|status|demo`: the local AWS. The make targets of the same names call it."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from local import aws, demo
from local.aws import HOME
from local.emulator import PROJECT, REGION, ROOT, EmulatorError
from local.retailer import Retailer
from packager import PackageError

TRY = """
The local AWS is running at {endpoint}. In a shell:

  export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={region} AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}

Drop a catalog into the inbox, and follow it:

  {python} -m samples.generate --rows 2500 .local/catalog.json
  aws s3 cp .local/catalog.json s3://{inbox}/inbox/catalog.json
  curl -s --aws-sigv4 "aws:amz:$AWS_DEFAULT_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    {api}/uploads

What Amazon does depends on the store of a file's rows: `--stores store-throttled`, `--stores store-lost-message`;
docs/simulator.md lists all of them. Logs: {log}. Stop it with `make down`.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start the local AWS and leave it running")
    up.add_argument("--port", type=int, help="port of the emulator (default: a free one)")
    commands.add_parser("down", help="stop it")
    commands.add_parser("status", help="say whether it runs, and list its uploads")
    shown = commands.add_parser("demo", help="take a generated catalog through every step, and show what became of it")
    shown.add_argument("--rows", type=int, default=demo.ROWS, help=f"rows of the catalog (default: {demo.ROWS})")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    try:
        if given.command == "up":
            return start(given.port)
        if given.command == "down":
            return stop()
        if given.command == "status":
            return status()
        return demo.run(rows=given.rows)
    except (EmulatorError, PackageError, aws.NotConfirmed) as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def start(port: int | None) -> int:
    """Start the local AWS, unless it runs, and say how to use it."""
    running = aws.found_in(HOME)
    if running is None:
        running = aws.start(HOME, lambda step: print(f"{step} ..."), stay=True, port=port)
    print(
        TRY.format(
            endpoint=running.emulator.endpoint,
            region=REGION,
            key=ROOT.access_key,
            secret=ROOT.secret_key,
            inbox=running.deployment.inbox_bucket,
            api=running.deployment.api_url,
            log=_short(running.emulator.log),
            python=_short(Path(sys.executable)),
        )
    )
    return 0


def stop() -> int:
    """Stop the local AWS."""
    was_running = aws.stop(HOME)
    print("The local AWS has been stopped; what was in it is gone." if was_running else "The local AWS is not running.")
    return 0


def status() -> int:
    """Say whether the local AWS runs, and what is in it. Exit status 3 if it does not."""
    running = aws.found_in(HOME)
    if running is None:
        print("The local AWS is not running: `make up` starts it.")
        return 3
    print(f"The local AWS is running at {running.emulator.endpoint}; status API: {running.deployment.api_url}/uploads")
    for upload in Retailer(running.deployment).get("/uploads")["uploads"]:
        print(f"  {upload['upload_id']}  {upload['state']:<22} {upload['key']}")
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def _short(path: Path) -> Path:
    return path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path


if __name__ == "__main__":
    sys.exit(main())
