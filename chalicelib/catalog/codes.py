"""Every code that a rejected row, a warning or an invalid file can carry. They are stable: programs may act on them.

`docs/catalog-rules.md` explains each with an example; a test holds that page complete.
"""

from enum import StrEnum


class FaultCode(StrEnum):
    """Why a row is rejected."""

    # The row can't be read.
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    ROW_TOO_LONG = "row_too_long"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    COLUMN_COUNT = "column_count"
    QUOTES = "quotes"
    # A value can't be read.
    NOT_A_SCALAR = "not_a_scalar"
    NOT_A_NUMBER = "not_a_number"
    NUMBER_TOO_LONG = "number_too_long"
    LONE_SURROGATE = "lone_surrogate"
    # A field breaks a rule of its own.
    MISSING = "missing"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    FORBIDDEN_SIGN = "forbidden_sign"
    SKU = "sku"
    PRICE = "price"
    FIELD_NAME = "field_name"
    # Barcodes.
    BARCODE_TYPE = "barcode_type"
    BARCODE_DIGITS = "barcode_digits"
    BARCODE_LENGTH = "barcode_length"
    BARCODE_CHECK_DIGIT = "barcode_check_digit"
    BARCODE_LIST = "barcode_list"
    TOO_MANY_BARCODES = "too_many_barcodes"
    MORE_FAULTS = "more_faults"
    # The item among the others.
    UNKNOWN_STORE = "unknown_store"
    DUPLICATE = "duplicate"
    ITEM_TOO_LARGE = "item_too_large"


class WarningCode(StrEnum):
    """What is sent as it is, though it may not be meant so."""

    UNKNOWN_FIELD = "unknown_field"
    UNFILLED_FIELD = "unfilled_field"
    LONG_NAME = "long_name"
    NON_ASCII = "non_ascii"


class InvalidCode(StrEnum):
    """Why a whole file is not sent."""

    EMPTY = "empty"
    NO_ROWS = "no_rows"
    UNKNOWN_KIND = "unknown_kind"
    NOT_UTF8 = "not_utf8"
    BROKEN_GZIP = "broken_gzip"
    GZIP_BOMB = "gzip_bomb"
    BROKEN_JSON = "broken_json"
    NESTED_TOO_DEEPLY = "nested_too_deeply"
    ROW_TOO_LONG = "row_too_long"
    NUMBER_TOO_LONG = "number_too_long"
    CSV_HEADER = "csv_header"
    CSV_QUOTES = "csv_quotes"
    TOO_MANY_REJECTED = "too_many_rejected"
    NO_GOOD_ROWS = "no_good_rows"
    NO_STORE_IDS = "no_store_ids"
