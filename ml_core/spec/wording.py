"""Says in plain words what a value should have been, where the library that checks it speaks of its own types."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

TABLE, DATE = "expected a table of keys", "expected a date such as 2024-03-28"
EXPECTED = {
    "missing": "missing; it has no default",
    "string_type": "expected text",
    "string_too_short": "expected text of at least {min_length} characters",
    "string_too_long": "expected text of at most {max_length} characters",
    "string_pattern_mismatch": "expected text of the form {pattern}",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_parsing_size": "expected a whole number of a size that can be computed with",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "greater_than": "expected a number above {gt:g}",
    "greater_than_equal": "expected at least {ge:g}",
    "less_than": "expected a number below {lt:g}",
    "less_than_equal": "expected at most {le:g}",
    "literal_error": "expected {expected}",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "too_short": "expected a list of at least {min_length}",
    "too_long": "expected a list of at most {max_length}",
    "dict_type": TABLE,
    "model_type": TABLE,
    "model_attributes_type": TABLE,
    "path_type": "expected the path of a file",
    "date_type": DATE,
    "date_parsing": DATE,
    "date_from_datetime_parsing": DATE,
    "date_from_datetime_inexact": DATE,
    "datetime_type": "expected a date with a time",
    "datetime_parsing": "expected a date with a time",
    "datetime_from_date_parsing": "expected a date with a time",
}


def word(problem: Mapping[str, Any]) -> str:
    """What is wrong with a value, and what was given instead."""
    kind, given = problem["type"], problem.get("input")
    expected = EXPECTED.get(kind)
    if expected is None:
        return problem["msg"].removeprefix("Value error, ") + _got(given)
    told = expected.format_map(problem.get("ctx") or {})
    return told if kind == "missing" else told + (_got(given) or ", got a table")


def _got(given: object) -> str:
    """As the file would write it; a table is too long to be repeated."""
    if isinstance(given, (dict, BaseModel)):
        return ""
    if isinstance(given, bool):
        return f", got {str(given).lower()}"
    if isinstance(given, dt.date):
        return f", got {given.isoformat()}"
    return f", got {list(given) if isinstance(given, tuple) else given!r}"
