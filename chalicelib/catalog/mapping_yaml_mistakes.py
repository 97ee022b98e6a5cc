"""What is wrong with a YAML document, in words for people who have written it and not the parser."""

import re

import yaml


def explain(text: str, error: yaml.MarkedYAMLError) -> str:
    """What is wrong at the error's place; the parser's own words where there are none better."""
    problem, mark = error.problem or "", error.problem_mark
    if mark is None:
        return problem
    line = _line(text, mark)
    sign = line[mark.column : mark.column + 1]
    if problem.startswith("mapping values are not allowed"):
        return _colon(text, line, mark) or problem
    if problem.startswith("expected '<document start>'") or re.search("block end>.*'<block|'<block end>'$", problem):
        return _indentation(text, mark) or problem
    if "cannot start any token" in problem and sign == "\t":
        return "a tab stands here; indent with blanks alone"
    if "cannot start any token" in problem or "undefined alias" in problem:
        return f"a value that begins with {sign} goes into quotes"
    if problem.endswith("'<scalar>'"):
        return (
            "there is more behind the text in quotes; put all of it into quotes, and write a single quote in it twice"
        )
    if "escape character" in problem:
        return "a backslash in double quotes is written twice; in single quotes it stands alone"
    return _unclosed(error) or problem


def _colon(text: str, line: str, mark: yaml.Mark) -> str | None:
    """A colon makes the place before it a name, where none can be."""
    if re.search(r":\s", line[: mark.column]):
        return "a value with a colon and a blank in it goes into quotes"
    before = _line_before(text, mark)
    if ":" in before and not re.search(r":(\s|$)", before):
        return f"a blank is missing behind the colon of the line before, '{before.strip()[:40]}'"
    return _indentation(text, mark)


def _indentation(text: str, mark: yaml.Mark) -> str | None:
    here, before = _column(_line(text, mark)), _column(_line_before(text, mark))
    if here == before:
        return None
    return (
        f"lines of one level begin in the same column; this one begins in column {here}, the one before it in {before}"
    )


def _unclosed(error: yaml.MarkedYAMLError) -> str | None:
    problem, began = error.problem or "", error.context_mark
    if began is None:
        return None
    where = f"line {began.line + 1}, column {began.column + 1}"
    if "quoted scalar" in (error.context or "") and "end of stream" in problem:
        return f"the quote that is opened in {where} is never closed"
    missing = re.match(r"expected ',' or '([]}])', but got", problem)
    if missing:
        return f"a comma or the {missing[1]} is missing here, that closes the bracket of {where}"
    return f"{problem} ({error.context} from {where})"


def _line(text: str, mark: yaml.Mark) -> str:
    return "".join(text.splitlines()[mark.line : mark.line + 1])


def _line_before(text: str, mark: yaml.Mark) -> str:
    """The nearest line before the mark's that is neither blank nor a comment."""
    lines = (line for line in reversed(text.splitlines()[: mark.line]) if line.strip())
    return next((line for line in lines if not line.lstrip().startswith("#")), "")


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) + 1
