"""JMESPath expressions: equal to the jmespath package where that is exact, and exact where it is not."""

from contextlib import suppress
from decimal import Decimal

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.expressions import ExpressionError, ExpressionFailedError, compile_expression, names_read

names = st.sampled_from(["a", "b", "c"])
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "1"])
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, min_size=1, max_size=3),
    max_leaves=30,
)
paths = st.lists(names | st.sampled_from(["[0]", "[-1]", "[]", "[*]", "[?a]", "[0:2]"]), min_size=1, max_size=4)
literals = st.sampled_from(["'x'", "`1`", "`0`", "`true`", "`null`", "`[]`", "''"])


@st.composite
def expressions(draw, depth=2):
    if depth == 0 or draw(st.booleans()):
        steps = draw(paths)
        path = "".join(step if step.startswith("[") else f".{step}" for step in steps).lstrip(".")
        return draw(st.sampled_from([path, f"@.{steps[0]}" if steps[0] in "abc" else path, draw(literals)]))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    operator = draw(st.sampled_from(["||", "&&", "==", "!=", "<", "<=", ">", ">=", "|"]))
    both = f"({left}) {operator} ({right})"
    return draw(st.sampled_from([both, both, both, f"!({left})", f"{{a: {left}, b: {right}}}", f"[{left}]"]))


@settings(max_examples=150, deadline=None)
@given(expressions(), documents)
def test_a_compiled_expression_finds_what_the_jmespath_package_finds(expression, document):
    try:
        expected = jmespath.search(expression, document)
    except (jmespath.exceptions.JMESPathError, TypeError):
        with pytest.raises(ExpressionFailedError):
            compile_expression(expression)(document)
    else:
        found = compile_expression(expression)(document)
        assert found == expected
        assert type(found) is type(expected)


RECORD = {
    "price": Decimal("9.90"),
    "prices": [1, Decimal("2.5"), Decimal("0.1")],
    "n": "12.50",
    "big": Decimal("1e99999"),
    "deep": {"er": 7, "list": [0, {"x": "y"}]},
}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("deep.er", 7),
        ("nothing || deep.er", 7),
        ("deep.er || nothing", 7),
        ("nothing && deep.er", None),
        ("n && deep.er", 7),
        ("deep.er.still", None),
        ("deep.list[1].x", "y"),
        ("price == `9.9`", True),
        ("price > `9.89`", True),
        ("price", Decimal("9.90")),
        ("sum(prices)", Decimal("3.6")),
        ("avg(prices)", Decimal("1.2")),
        ("avg(`[]`)", None),
        ("max(prices)", Decimal("2.5")),
        ("sort(prices)[0]", Decimal("0.1")),
        ("prices[?@ < `0.5`]", [Decimal("0.1")]),
        ("ceil(price)", 10),
        ("floor(price)", 9),
        ("abs(price)", Decimal("9.90")),
        ("type(price)", "number"),
        ("type(n)", "string"),
        ("to_string(price)", "9.9"),
        ("to_string(prices[0])", "1"),
        ('to_string(`{"a": [1.10, 1e3, true, "x"]}`)', '{"a":[1.1,1000,true,"x"]}'),
        ("to_number(n)", Decimal("12.50")),
        ("to_number(' 12 ')", 12),
        ("to_number(price)", Decimal("9.90")),
        ("to_number('twelve')", None),
        ("to_number(`true`)", None),
        ("to_number(prices)", None),
        ('`{"a": [1.10]}`', {"a": [Decimal("1.1")]}),
        ('"n"', "12.50"),
        ("n.x.y", None),
        ("n[0]", None),
    ],
)
def test_numbers_stay_exact(expression, found):
    result = compile_expression(expression)(RECORD)
    assert result == found
    assert not isinstance(result, float)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("n > `1`", "it compares a text with a number; to_number(...) reads a text as one"),
        ("length(price)", "length() takes string or array or object, and here it is number"),
        ("sum(n)", "sum() takes array-number, and here it is string"),
        ("abs(n)", "abs() takes number, and here it is string"),
        ("ceil(big)", "1E+99999 is too large a number"),
        ("to_string(big)", "1E+99999 is too large a number"),
    ],
)
def test_an_expression_that_does_not_work_for_a_record_says_why(expression, message):
    with pytest.raises(ExpressionFailedError) as caught:
        compile_expression(expression)(RECORD)
    assert str(caught.value) == message


QUOTES = "a name with more than letters A to Z, digits and _ goes into double quotes of its own, in YAML '\"VK-Preis\"'"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "it is empty"),
        ("a.", "it ends too early"),
        ("a[", "it ends too early"),
        ("!" * 5_000 + "a", "it is nested too deeply"),
        ("a b", f"it makes no sense at character 3, 'b'; {QUOTES}"),
        ("a 'b'", "it makes no sense at character 3, 'b'"),
        ("a.#", f"Unknown token # at character 3; {QUOTES}"),
        ("VK-Preis", f"Unknown token '-' at character 3; {QUOTES}"),
        ("'a", "Unclosed ' delimiter at character 1"),
        ("lenght(a)", "JMESPath has no function lenght(); did you mean length()?"),
        ("frobnicate(a)", "JMESPath has no function frobnicate()"),
        ("a[?lenght(b)]", "JMESPath has no function lenght(); did you mean length()?"),
        ("length()", "length() takes 1 argument, not 0"),
        ("join('-')", "join() takes 2 arguments, not 1"),
        ("merge()", "merge() takes at least 1 argument, not 0"),
    ],
)
def test_a_broken_expression_is_explained(expression, message):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression)
    assert str(caught.value) == message


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_compiles_or_is_explained(text):
    try:
        run = compile_expression(text)
    except ExpressionError:
        return
    with suppress(ExpressionFailedError):
        run({"a": {"b": [1, "x", None]}})


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a", "a"),
        ("@.a || b", "a b"),
        ("@ | a", "a"),
        ("a.b.c[0].d", "a"),
        ("a[?b == c].d | [0].e", "a"),
        ("a[*].b || c[].d || e[0:2]", "a c e"),
        ("*.a", ""),
        ("[0].a", ""),
        ("{x: a, y: [b, !c]}", "a b c"),
        ("sort_by(a, &b)[0].c || contains(keys(@), 'd')", "a"),
        ("a == b && c > `1`", "a b c"),
        ('"A b".c', "A b"),
        ("a[", ""),
    ],
)
def test_the_names_that_an_expression_reads_from_the_record_are_found(expression, names):
    assert " ".join(name for name, _ in names_read(expression)) == names


@settings(max_examples=150, deadline=None)
@given(expressions(), documents)
def test_a_name_that_is_not_read_makes_no_difference(expression, document):
    if isinstance(document, dict) and "*" not in expression and "@" not in expression:
        read = {name for name, _ in names_read(expression)}
        rest = {name: value for name, value in document.items() if name in read}
        with suppress(ExpressionFailedError):
            assert compile_expression(expression)(rest) == compile_expression(expression)(document)
