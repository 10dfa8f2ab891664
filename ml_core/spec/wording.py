"""Says in plain words what a value should have been, where the library that checks it speaks of its own types."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

NAME_PATTERN = r"^[A-Za-z0-9_\-]+$"
TABLE, DATE = "expected a table of keys", "expected a date such as 2024-03-28"
WHOLE = "expected a whole number"
EXPECTED = {
    "missing": "missing; it has no default",
    "string_type": "expected text",
    "string_too_short": "expected text of {min_length} or more characters",
    "string_too_long": "expected text of at most {max_length} characters",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
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
    "dict_too_long": "expected a table of at most {max_length} keys",
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
# What is expected by its kind alone, and is clearer with an example; of the others a range or the choices are told.
BY_KIND = {
    kind
    for kind, told in EXPECTED.items()
    if "{" not in told and "such as" not in told and "true or false" not in told
} | {"string_too_short", "too_short", "string_pattern_mismatch"}
PLAIN = "expected a value of another kind"
FORMS = {NAME_PATTERN: "letters, digits, - and _ only"}


def word(problem: Mapping[str, Any], example: str = "") -> str:
    """What should have been there, and what was given instead. `example`: how a value is written that would do."""
    told, given = expect(problem), problem.get("input")
    if problem["type"] == "missing":
        return f"{told}; expected a value such as {example}" if example else told
    if example and (problem["type"] in BY_KIND or told == PLAIN):
        told += f" such as {example}"
    return told + (_got(given) or (", got a table" if problem["type"] in EXPECTED else ""))


def expect(problem: Mapping[str, Any], forms: Mapping[str, str] = FORMS) -> str:
    """What should have been there. `forms` says in words what each pattern of a text means."""
    kind, context = _kind(problem), problem.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return f"expected {forms.get(pattern, f'text of the form {pattern}')}"
    if kind in EXPECTED:
        return EXPECTED[kind].format_map(context)
    if kind in ("value_error", "assertion_error"):  # a check of our own has said it in our words
        return str(context["error"])
    return PLAIN


def _kind(problem: Mapping[str, Any]) -> str:
    """A length that is checked after a text or a table was read is called that of a list, whatever it is of."""
    kind, given = problem["type"], problem.get("input")
    if kind in ("too_short", "too_long") and isinstance(given, (str, dict)):
        return f"{'string' if isinstance(given, str) else 'dict'}_{kind}"
    return kind


def _got(given: object) -> str:
    """As the file would write it; a table is too long to be repeated."""
    if isinstance(given, (dict, BaseModel)):
        return ""
    if isinstance(given, bool):
        return f", got {str(given).lower()}"
    if isinstance(given, dt.date):
        return f", got {given.isoformat()}"
    return f", got {list(given) if isinstance(given, tuple) else given!r}"
