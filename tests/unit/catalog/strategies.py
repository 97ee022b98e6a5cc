"""Generated items and rows: good ones, and ones that are wrong in every way the rules know."""

from typing import Any

from hypothesis import strategies as st

from chalicelib.catalog.check_digits import gs1_digit
from chalicelib.catalog.item_schema import known_fields

MORE = "additional_external_product_information"
ODD_SIGNS = "®©™℠℗\x00\x07\n\t\x7f\x85\x9f\u00a0\u2003\u2028\ufdd0\ufeff\u200b éß日😀\\\"/'{}[],:;|"

texts = st.one_of(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12),
    st.text(st.one_of(st.sampled_from(ODD_SIGNS), st.characters(exclude_categories=["Cs"])), max_size=6),
    st.sampled_from(
        ["x" * 100, "x" * 101, "x" * 255, "x" * 256, "é" * 255, "é" * 256, "a\n", "1\n", "9.99\n", " a", "a\u2003"]
    ),
)
skus = st.one_of(st.from_regex(r"[A-Za-z0-9._-]{1,6}", fullmatch=True), texts)
prices = st.one_of(
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2})?", fullmatch=True), st.sampled_from(["-1", "1.", ".5", "1,5", "٣"]), texts
)
right_codes = st.from_regex(r"[0-9]{11}", fullmatch=True).map(lambda digits: digits + gs1_digit(digits))
codes = st.one_of(right_codes, st.from_regex(r"[0-9]{1,15}X?", fullmatch=True), texts)
kinds = st.sampled_from(["UPC", "EAN", "EAN8", "ISBN", "GTIN", "PLU", "upc", ""])
entries = st.dictionaries(
    st.one_of(st.sampled_from(["external_product_id", "external_product_id_type", "note"]), texts),
    st.one_of(codes, kinds),
    max_size=3,
)
lists_of_entries = st.one_of(
    st.lists(entries, max_size=3),
    st.just([{"external_product_id": "4011"}] * 51),
    st.lists(st.one_of(entries, texts, st.none()), max_size=2),
)


def _field(name: str) -> st.SearchStrategy[Any]:
    special = {
        "item_sku": skus,
        "external_product_id": codes,
        "external_product_id_type": kinds,
        "standard_price": prices,
        MORE: lists_of_entries,
    }
    return special.get(name, texts)


texts_items = st.fixed_dictionaries(
    {},
    optional={name: _field(name) for name in sorted(known_fields())} | {"shelf": texts, "": texts, "a\x07": texts},
)
"""Objects of text fields, wrong in many ways."""

good_items = st.fixed_dictionaries(
    {
        "item_sku": st.from_regex(r"[A-Z]{1,2}", fullmatch=True),
        "external_product_id": right_codes,
        "item_name": st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=120),
        "store_id": st.sampled_from(["s1", "s2"]),
    },
    optional={
        "external_product_id_type": st.just("UPC"),
        "standard_price": st.from_regex(r"[0-9]{1,3}\.[0-9]{2}", fullmatch=True),
        "brand_name": st.sampled_from(["Éclair", "Plain"]),
        "shelf": st.just("A1"),
        MORE: st.lists(st.fixed_dictionaries({"external_product_id": right_codes}), max_size=2),
    },
)
"""Items that are good in themselves; some of them twice."""

scalars = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=4
)
messy_rows = st.one_of(
    st.fixed_dictionaries(
        {}, optional={name: st.one_of(_field(name), values) for name in sorted(known_fields())} | {"shelf": values}
    ),
    values,
)
"""What a broken export may have as a row."""

rows = st.one_of(
    good_items,
    st.tuples(good_items, messy_rows).map(lambda pair: pair[0] | pair[1] if isinstance(pair[1], dict) else pair[1]),
    messy_rows,
)
