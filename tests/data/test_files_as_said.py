"""Files whose columns, numbers and dates are written in a way of their own, which the experiment says: as banks and
spreadsheets of Europe write them."""

import datetime as dt
import tomllib

import polars as pl
import pytest

from ml_core.data.providers import files
from ml_core.data.source import open_source
from ml_core.errors import InvalidInput
from tests.cli.command_line import run
from tests.data.test_files import DATES, closes, fetch, table
from tests.market import small_experiment, write_experiment

GERMAN = {"date": "Datum", "open": "Eröffnung", "high": "Tageshoch", "low": "Tagestief", "close": "Schlusskurs",
          "volume": "Umsatz (Stück)"}  # fmt: skip
ITALIAN = {
    "date": "Data",
    "close": "Ultimo",
    "open": "Apertura",
    "high": "Max",
    "low": "Min",
    "volume": "Vol.",
}
BANK = """\
Datum;Eröffnung;Tageshoch;Tagestief;Schlusskurs;Umsatz (Stück)
05.01.2024;1.234,50;1.250,00;1.230,25;1.241,75;1.204.300
04.01.2024;1.229,00;1.240,10;1.221,00;1.233,40;998.765
03.01.2024;1.220,00;1.231,00;1.215,50;1.228,00;1.000.000
"""
SPREADSHEET = """\
"Data";"Ultimo";"Apertura";"Max";"Min";"Vol."
"03/01/2024";"10,125";"10,000";"10,200";"9,950";"1,20M"
"04/01/2024";"10,250";"10,125";"10,300";"10,100";"950K"
"05/01/2024";"10,375";"10,250";"10,400";"10,200";"1,05M"
"""


def write(folder, text: str, name: str = "AAA.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8-sig")
    return file


def test_what_a_german_bank_writes_is_read(tmp_path):
    said = {"separator": ";", "decimal": ",", "date_format": "%d.%m.%Y"}
    bars = fetch(write(tmp_path, BANK), columns=GERMAN, **said).bars.sort("date")
    assert bars["date"].to_list() == [dt.date(2024, 1, day) for day in (3, 4, 5)]
    assert bars["close"].to_list() == [1228.0, 1233.4, 1241.75]
    assert bars["open"].to_list() == [1220.0, 1229.0, 1234.5]
    assert bars["volume"].to_list() == [1_000_000, 998_765, 1_204_300]


def test_what_an_italian_spreadsheet_writes_is_read_and_its_dates_day_first(tmp_path):
    """03/01 is a Wednesday in January and a Friday in March: here only the user can tell. So can 10,125."""
    said = {"separator": ";", "decimal": ",", "date_format": "%d/%m/%Y"}
    bars = fetch(write(tmp_path, SPREADSHEET), columns=ITALIAN, **said).bars.sort("date")
    assert bars["date"].to_list() == [dt.date(2024, 1, day) for day in (3, 4, 5)]
    assert bars["close"].to_list() == [10.125, 10.25, 10.375]
    assert bars["volume"].to_list() == [1_200_000, 950_000, 1_050_000]


def test_what_is_not_said_is_still_found(tmp_path):
    said = fetch(write(tmp_path, BANK), columns=GERMAN, separator=";", decimal=",", date_format="%d.%m.%Y")
    found = fetch(write(tmp_path, BANK), columns=GERMAN)
    assert found.bars.equals(said.bars)
    some = {"date": "Datum", "close": "Schlusskurs"}
    renamed = BANK.replace("Eröffnung", "Open").replace("Tageshoch", "High").replace("Tagestief", "Low")
    left = fetch(write(tmp_path, renamed.replace("Umsatz (Stück)", "Volume")), columns=some)
    assert left.bars.equals(said.bars)


def test_a_column_that_the_user_names_goes_before_one_that_is_known(tmp_path):
    rows = table().rename({"Close": "Settle"}).with_columns(Close=pl.lit(1.0))
    rows.write_csv(tmp_path / "AAA.csv")
    assert set(closes(fetch(tmp_path / "AAA.csv"))) == {1.0}
    assert closes(fetch(tmp_path / "AAA.csv", columns={"close": "Settle"})) == table()["Close"].to_list()


@pytest.mark.parametrize("count", [1, 3], ids=["one file", "a folder of them, read at once"])
def test_columns_of_parquet_can_be_named_too(tmp_path, count):
    names = [f"T{place}" for place in range(count)]
    for name in names:
        table().rename({"Date": "Tag", "Close": "Kurs"}).write_parquet(tmp_path / f"{name}.parquet")
    fetched = fetch(tmp_path, tuple(names), columns={"date": "Tag", "close": "Kurs"})
    assert fetched.bars.height == count * len(DATES)
    assert closes(fetched) == table()["Close"].to_list() * count


def test_a_column_that_is_not_there_is_told_with_the_nearest_that_is(tmp_path):
    told = r"data\.files\.columns\.close: no column 'Schlußkurs'; did you mean 'Schlusskurs'\?"
    with pytest.raises(InvalidInput, match=told):
        fetch(write(tmp_path, BANK), columns=GERMAN | {"close": "Schlußkurs"})
    with pytest.raises(InvalidInput, match=r"no column 'Kurs 2'; expected one of Datum, Close"):
        fetch(write(tmp_path, "Datum,Close\n2024-01-03,1\n"), columns={"close": "Kurs 2"})


def test_where_a_column_is_not_known_the_key_that_names_it_is_told(tmp_path):
    with pytest.raises(
        InvalidInput, match=r"no column for 'date'; it has Datum, .*; data\.files\.columns\.date says"
    ):
        fetch(write(tmp_path, BANK))


@pytest.mark.parametrize(
    ("decimal", "number"), [(",", "1233.4"), (",", "1,233.40"), (".", "1.233,40"), (".", "1233,4")]
)
def test_a_decimal_sign_that_the_numbers_contradict_is_refused_with_one_of_them(tmp_path, decimal, number):
    file = write(tmp_path, f"Date;Close\n2024-01-03;{number}\n2024-01-04;{number}\n")
    with pytest.raises(
        InvalidInput, match=f"column 'Close' holds '{number}', which has no decimal '{decimal}'"
    ):
        fetch(file, decimal=decimal)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("columns = { clsoe = 'x' }", "unknown key 'columns.clsoe'; did you mean 'columns.close'?"),
        ("columns = { close = 3 }", 'columns.close: expected text such as "Schlusskurs", got 3'),
        (
            "columns = { close = 'x', open = 'x' }",
            "columns: 'x' is named for open and for close; expected one of them",
        ),
        ("separator = 'x'", "separator: expected ',', ';', '\\t' or '|', got 'x'"),
        ("decimal = ';'", "decimal: expected '.' or ',', got ';'"),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_key(section, told):
    experiment = small_experiment(data={"source": "files", "files": tomllib.loads(section)})
    with pytest.raises(InvalidInput) as error:
        open_source(experiment)
    assert str(error.value) == f"data.files: {told}"


def test_a_source_that_is_no_table_or_not_known_is_told_by_its_key():
    with pytest.raises(
        InvalidInput, match=r"^data\.files: expected a table of keys such as { path = .*, got 3$"
    ):
        open_source(small_experiment(data={"source": "files", "files": 3}))
    with pytest.raises(InvalidInput, match=r"^unknown key 'data\.fils'; did you mean 'data\.files'\?$"):
        open_source(small_experiment(data={"fils": {}}))


def test_bars_are_kept_by_what_is_said_and_an_older_experiment_finds_its_own(tmp_path):
    universe = small_experiment().universe
    file = {"path": tmp_path / "bars.csv"}
    before = files.identity(universe, files.Config(**file))
    assert files.identity(universe, files.Config(**file, columns={})) == before
    assert files.identity(universe, files.Config(**file, columns={"close": "Kurs"})) != before


def test_the_command_reads_them_as_the_experiment_says(tmp_path):
    rows = BANK.splitlines()
    long = [f"Kürzel;{rows[0]}", *(f"{name};{row}" for name in ("AAA", "BBB") for row in rows[1:])]
    write(tmp_path, "\n".join(long), "kurse.csv")
    said = {"path": "kurse.csv", "decimal": ",", "separator": ";", "columns": GERMAN | {"ticker": "Kürzel"}}
    file = write_experiment(
        tmp_path, universe={"tickers": ["AAA", "BBB"]}, data={"source": "files", "files": said}
    )
    done = run("refresh", str(file), "--home", str(tmp_path / "home"))
    assert done.exit_code == 0, done.stderr
    assert "6 bars new" in done.stdout
