"""Reads numbers that stand as text, as people and tools write them. Which sign is the decimal one is a file's own
way."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ml_core.errors import InvalidInput

NO_VALUE = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-")
BESIDE = r"[\s$€£¥'%]"
SUFFIX = r"^([-+]?[\d.,]+(?:[eE][-+]?\d+)?)([kKmMbBtT]?)$"
TIMES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
RATIO = r"^(\d+(?:\.\d+)?)(?::|/|-?for-?)(\d+(?:\.\d+)?)$"
# What only the one or the other way of writing gives; 1,234 and 1.234 could be both.
DECIMAL_COMMA = (
    r"^[-+]?(\d*,(\d{1,2}|\d{4,})|\d{4,},\d{3}|0+,\d+|\d{1,3}(\.\d{3})+,\d*|\d{1,3}(\.\d{3}){2,})$"
)
DECIMAL_POINT = (
    r"^[-+]?(\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d{3}|0+\.\d+|\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,})$"
)
EITHER = r"^[-+]?\d{1,3},\d{3}$"


def find_decimal(columns: Sequence[pl.Series], where: str, *, separator: str = ",") -> str:
    """The decimal sign of a file, from all of its numbers; a file that writes both ways is refused.

    Where all of them could be either, a comma is decimal in a file whose columns are parted by semicolons.
    """
    told = [column for column in columns if column.dtype == pl.String]
    texts = [_bare(_not_plain(column)) for column in told]  # a comma makes a number one that is not plain
    comma = _first(texts, DECIMAL_COMMA)
    unsure = comma or (separator == ";" and _first(texts, EITHER))
    point = _first([_bare(column) for column in told], DECIMAL_POINT) if unsure else None
    if comma and point:
        raise InvalidInput(
            f"{where}: column '{comma[0]}' holds {comma[1]!r}, column '{point[0]}' {point[1]!r}; "
            "expected one decimal sign in all numbers of a file"
        )
    return "," if unsure and not point else "."


def check_decimal(columns: Sequence[pl.Series], where: str, decimal: str) -> None:
    """Refuse a decimal sign that the user names where a number of the file can only be of the other kind."""
    other = DECIMAL_POINT if decimal == "," else DECIMAL_COMMA
    texts = [_bare(column) for column in columns if column.dtype == pl.String]
    if wrong := _first(texts, other):
        raise InvalidInput(
            f"{where}: column '{wrong[0]}' holds {wrong[1]!r}, which has no decimal '{decimal}'; "
            f"expected another data.files.decimal, or leave it out"
        )


def read_numbers(column: pl.Series, where: str, *, decimal: str = ".") -> pl.Series:
    """As floats; 1.2M is 1,200,000 and 4:1 is 4. A cell that is no number is null; more of them than numbers are
    no column of numbers."""
    if column.dtype.is_numeric() or column.dtype == pl.Null:
        return column.cast(pl.Float64)
    if column.dtype != pl.String:
        raise InvalidInput(f"{where}: column '{column.name}' holds {column.dtype}; expected numbers")
    read = (
        _plain(column)
        if decimal == "."
        else pl.Series(column.name, [None], pl.Float64).new_from_index(0, len(column))
    )
    rest = read.is_null() & column.is_not_null() & ~column.is_in(NO_VALUE)
    if rest.any():
        read = read.scatter(rest.arg_true(), _parse(column.filter(rest), decimal))
    if (bad := unread(column, read)) and len(bad) > read.count():
        raise InvalidInput(f"{where}: column '{column.name}' holds {bad[0]!r}; expected numbers")
    return read


def unread(column: pl.Series, read: pl.Series) -> list[str]:
    """The cells that hold something, but no number."""
    left = column.filter(read.is_null() & column.is_not_null())
    return left.filter(~left.is_in(NO_VALUE)).to_list() if left.dtype == pl.String else left.to_list()


def _plain(column: pl.Series) -> pl.Series:
    """What a program reads as it stands; null where it does not."""
    read = column.cast(pl.Float64, strict=False)
    return read.set(~read.is_finite(), None) if not read.is_finite().all() else read


def _not_plain(column: pl.Series) -> pl.Series:
    return column.filter(_plain(column).is_null() & column.is_not_null())


def _parse(column: pl.Series, decimal: str) -> pl.Series:
    bare = _bare(column)
    parts = bare.str.extract_groups(SUFFIX)
    digits = parts.struct[0].str.replace_all("." if decimal == "," else ",", "", literal=True)
    number = digits.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    times = parts.struct[1].str.to_lowercase().replace_strict(TIMES, default=1.0, return_dtype=pl.Float64)
    ratio = bare.str.to_lowercase().str.extract_groups(RATIO)
    over = ratio.struct[0].cast(pl.Float64, strict=False) / ratio.struct[1].cast(pl.Float64, strict=False)
    read = pl.select(pl.coalesce(number * times, over)).to_series()
    return read.set(~read.is_finite(), None)


def _bare(column: pl.Series) -> pl.Series:
    return column.str.replace_all(BESIDE, "")


def _first(texts: Sequence[pl.Series], pattern: str) -> tuple[str, str] | None:
    for text in texts:
        matching = text.filter(text.str.contains(pattern).fill_null(value=False))
        if len(matching):
            return text.name, matching[0]
    return None
