"""Numbers in text: a file's decimal sign is found out from all of them, and nothing is read a hundredfold."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_core.data.files.numerals import find_decimal, read_numbers
from ml_core.errors import InvalidInput


def column(*cells: str | None, name: str = "close") -> pl.Series:
    return pl.Series(name, cells, dtype=pl.String)


def read(*cells: str, separator: str = ",") -> list[float | None]:
    text = column(*cells)
    return read_numbers(text, "x.csv", decimal=find_decimal([text], "x.csv", separator=separator)).to_list()


def european(text: str) -> str:
    return text.translate(str.maketrans(",.", ".,"))


@given(values=st.lists(st.decimals(0, 10**9, places=2), min_size=1), grouped=st.booleans())
def test_what_is_written_either_way_comes_back(values, grouped):
    american = [f"{value:,.2f}" if grouped else f"{value:.2f}" for value in values]
    assert read(*american) == [float(value) for value in values]
    assert read(*map(european, american), separator=";") == [float(value) for value in values]


@pytest.mark.parametrize(
    ("cells", "separator", "expected"),
    [
        (["50,27", "50,3", "51"], ";", [50.27, 50.3, 51.0]),
        (["5.027,00", "4.999,5"], ";", [5027.0, 4999.5]),
        (["1,234", "2,345"], ",", [1234.0, 2345.0]),
        (["1,234", "2,345"], ";", [1.234, 2.345]),
        (["12.345.678"], ";", [12345678.0]),
        (["1,234,567", "$ 12.5"], ",", [1234567.0, 12.5]),
        (["1.2M", "3k", "2B", "7"], ",", [1.2e6, 3e3, 2e9, 7.0]),
        (["4:1", "1/10", "3-for-2"], ",", [4.0, 0.1, 1.5]),
        (["1e3", "-2.5"], ",", [1000.0, -2.5]),
    ],
)
def test_numbers_as_tools_and_people_write_them(cells, separator, expected):
    assert read(*cells, separator=separator) == expected


def test_the_sign_is_a_files_own_not_a_columns():
    volume, close = column("1,234", name="volume"), column("27.50")
    assert find_decimal([volume, close], "x.csv", separator=";") == "."


def test_a_file_that_writes_both_ways_is_refused_with_the_values():
    with pytest.raises(InvalidInput, match=r"x\.csv: column 'a' holds '1,5', column 'b' '2.5'; expected one"):
        find_decimal([column("1,5", name="a"), column("2.5", name="b")], "x.csv")


def test_a_cell_that_is_no_number_is_missing_and_a_column_of_them_is_refused():
    assert read_numbers(column("1.5", "halted", "2.5"), "x.csv").to_list() == [1.5, None, 2.5]
    with pytest.raises(InvalidInput, match=r"x\.csv: column 'close' holds 'dear'; expected numbers"):
        read_numbers(column("dear", "cheap", "2.5"), "x.csv")
