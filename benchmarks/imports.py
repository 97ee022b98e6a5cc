"""Import time, which a cold start pays: `python -m benchmarks.imports MODULE,MODULE` prints the milliseconds.

A handler imports `app`, and when it is first called what its part of `chalicelib/wiring.py` imports; both count. What
is imported only if it is needed after that does not: the Catalog API's client, for a report whose link has expired.
"""

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TRIES = 5
BARE = "boto3,pynamodb.models"
"""The libraries that every handler needs: what importing costs at the least."""
COMPILED = Path(".build/benchmarks/compiled")
APP, WIRING = Path("app.py"), Path("chalicelib/wiring.py")


def handlers() -> dict[str, str]:
    """For each function of the app, the modules it imports: `app`, then those of its way through the wiring."""
    tree = ast.parse(WIRING.read_text())
    (wiring,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Wiring")
    # What is built when it is named. A method is only handed on.
    parts = {node.name: node for node in wiring.body if isinstance(node, ast.FunctionDef) and node.decorator_list}
    doors = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = [node.name for node in ast.parse(APP.read_text()).body if isinstance(node, ast.FunctionDef)]
    found = {"api_handler": "app,chalicelib.api.views"}
    for name in names:
        modules = dict.fromkeys(_imports(doors[name], parts, set()))
        found[name] = ",".join(["app", *modules])
    return found


def _imports(node: ast.AST, parts: dict[str, ast.FunctionDef], seen: set[str]) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom) and inner.module:
            yield inner.module
        if isinstance(inner, ast.Attribute) and inner.attr in parts and inner.attr not in seen:
            seen.add(inner.attr)
            yield from _imports(parts[inner.attr], parts, seen)


def milliseconds() -> dict[str, float]:
    """Processor time of importing what each handler imports, and of `BARE`: the best of some fresh processes.

    Ours and the libraries' files are compiled alike, by the first round, which does not count. The rounds take turns,
    so that a busy moment of the machine does not meet one handler alone.
    """
    wanted = {BARE: BARE, **handlers()}
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(COMPILED.absolute())}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    best = dict.fromkeys(wanted, float("inf"))
    for turn in range(1 + TRIES):
        for name, modules in wanted.items():
            command = [sys.executable, "-m", "benchmarks.imports", modules]
            output = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment).stdout
            if turn:
                best[name] = min(best[name], json.loads(output)["milliseconds"])
    return best


def main() -> None:
    start = time.process_time()
    for module in sys.argv[1].split(","):
        __import__(module)
    print(json.dumps({"milliseconds": (time.process_time() - start) * 1000}))


if __name__ == "__main__":
    main()
