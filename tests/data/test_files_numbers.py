"""Files of numbers as they are written in other countries, and folders of which one file is broken."""

import polars as pl
import pytest

from ml_core.errors import InvalidInput
from tests.data.test_files import closes, fetch, table


@pytest.mark.parametrize("form", ["{:.2f}", "{:,.2f}", "{:g}"])
def test_decimal_commas_are_read_as_such(tmp_path, form):
    whole = table()
    rows = [";".join(whole.columns)]
    for row in whole.rows():
        numbers = [form.format(round(value, 2)).translate(str.maketrans(",.", ".,")) for value in row[1:6]]
        rows.append(";".join([str(row[0]), *numbers, str(int(row[6]))]))
    file = tmp_path / "AAA.csv"
    file.write_text("\n".join(rows))
    expected = [float(form.format(round(value, 2)).replace(",", "")) for value in whole["Close"]]
    assert closes(fetch(file)) == expected


def test_a_broken_file_of_a_folder_costs_its_own_ticker_only(tmp_path):
    table().write_csv(tmp_path / "AAA.csv")
    (tmp_path / "BBB.csv").write_text("")
    fetched = fetch(tmp_path, ("AAA", "BBB"))
    assert fetched.outcomes["AAA"].status == "ok"
    assert fetched.outcomes["BBB"].status == "failed"
    assert "BBB.csv: is empty" in fetched.outcomes["BBB"].reason


def test_remarks_before_the_names_are_skipped(tmp_path):
    file = tmp_path / "AAA.csv"
    table().write_csv(file)
    file.write_text("# from a vendor, 2024\n" + file.read_text())
    assert closes(fetch(file)) == table()["Close"].to_list()


def test_another_encoding_is_named(tmp_path):
    file = tmp_path / "AAA.csv"
    file.write_text("Date,Close\n2023-01-03,1.5\n", encoding="utf-16")
    with pytest.raises(InvalidInput, match=r"AAA\.csv: is written in UTF-16; expected UTF-8"):
        fetch(file)


def test_what_is_not_known_of_several_rows_a_day_stays_unknown(tmp_path):
    rows = [f"2023-01-0{day} {hour}:00:00,1.5,100" for day in (3, 4) for hour in (10, 15)]
    file = tmp_path / "AAA.csv"
    file.write_text("\n".join(["datetime,close,volume", *rows]))
    fetched = fetch(file)
    assert fetched.bars["volume"].to_list() == [200.0, 200.0]
    assert fetched.bars["dividend"].null_count() == 2
    assert any("no open, high, low, dividend" in note for note in fetched.notes), fetched.notes


@pytest.mark.parametrize("written", ["0.5O", "abc", "inf", "0/0"])
def test_a_dividend_that_cannot_be_read_is_named_with_its_row_and_not_lost(tmp_path, written):
    file = tmp_path / "AAA.csv"
    given = table()
    paid = ["0"] * given.height
    paid[7] = written
    given.with_columns(Dividends=pl.Series(paid)).write_csv(file)
    with pytest.raises(InvalidInput, match=rf"row 8 below the heading holds '{written}' in 'Dividends'"):
        fetch(file)


@pytest.mark.parametrize("written", ["", "nan", "None", "-", "0"])
def test_a_dividend_that_says_none_is_none(tmp_path, written):
    file = tmp_path / "AAA.csv"
    given = table()
    paid = ["0.1", *[written] * (given.height - 1)]
    given.with_columns(Dividends=pl.Series(paid)).write_csv(file)
    assert fetch(file).bars["dividend"].fill_null(0.0).sum() == pytest.approx(0.1)


def test_nan_in_a_column_of_actions_is_none_in_parquet_too(tmp_path):
    file = tmp_path / "AAA.parquet"
    given = table()
    paid = [0.1, *[float("nan")] * (given.height - 1)]
    given.with_columns(Dividends=pl.Series(paid)).write_parquet(file)
    assert fetch(file).bars["dividend"].fill_null(0.0).sum() == pytest.approx(0.1)


def test_an_infinite_dividend_is_refused_by_its_row_in_parquet_too(tmp_path):
    file = tmp_path / "AAA.parquet"
    given = table()
    paid = [0.0] * 7 + [float("inf")] + [0.0] * (given.height - 8)
    given.with_columns(Dividends=pl.Series(paid)).write_parquet(file)
    with pytest.raises(InvalidInput, match="row 8 below the heading holds inf in 'Dividends'"):
        fetch(file)
