"""Files as people have them: names of columns, dates, folders, adjusted closes; and every way of being useless."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.calendar import sessions_between
from ml_core.data.intake.refresh import refresh
from ml_core.data.prices import read_prices
from ml_core.data.providers import Request, files
from ml_core.errors import InvalidInput
from ml_core.home.settings import open_home
from ml_core.spec.experiment import Experiment
from tests.data.test_yahoo import make_rows

DATES = sessions_between("XNYS", dt.date(2023, 1, 3), dt.date(2023, 6, 30))
NOW = dt.datetime(2024, 1, 5, tzinfo=dt.UTC)
NAMES = ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"]


def table(names=NAMES, base=100.0) -> pl.DataFrame:
    return pl.DataFrame(make_rows(DATES, base=base), schema=names, orient="row")


def fetch(path, tickers=("AAA",), *, now=NOW, **config):
    request = Request(tickers, {}, "XNYS", None, None, now)
    return files.fetch(request, files.Config(path=path, **config))


def closes(fetched) -> list[float]:
    return fetched.bars.sort("ticker", "date")["close"].to_list()


@pytest.fixture
def expected() -> list[float]:
    return table()["Close"].to_list()


@pytest.mark.parametrize(
    "names",
    [
        NAMES,
        ["date", "open", "high", "low", "close", "adj_close", "volume"],
        ["timestamp", "o", "h", "l", "c", "adjclose", "v"],
        ["Datetime", "1. open", "2. high", "3. low", "4. close", "5. adjusted close", "6. volume"],
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_columns_are_known_as_common_tools_write_them(tmp_path, names, kind, expected):
    path = tmp_path / f"AAA.{kind}"
    (table(names).write_csv if kind == "csv" else table(names).write_parquet)(path)
    fetched = fetch(path)
    assert closes(fetched) == expected and fetched.bars["date"].to_list() == DATES
    assert fetched.bars["volume"].null_count() == fetched.bars["adj_close"].null_count() == 0


def test_a_long_file_a_folder_by_ticker_and_a_folder_of_long_files_give_the_same_bars(tmp_path):
    tables = {"AAA": table(), "BBB": table(base=50)}
    long = pl.concat([rows.with_columns(Symbol=pl.lit(name)) for name, rows in tables.items()])
    long.write_parquet(tmp_path / "all.parquet")
    for folder in ("each", "parts"):
        (tmp_path / folder).mkdir()
    tables["AAA"].write_csv(tmp_path / "each" / "aaa.csv")
    tables["BBB"].write_parquet(tmp_path / "each" / "BBB.parquet")
    (tmp_path / "each" / "LICENSE.txt").write_text("As is.")
    long.head(70).write_csv(tmp_path / "parts" / "1.csv")
    long.slice(70).write_csv(tmp_path / "parts" / "2.csv")
    tickers = ("AAA", "BBB")
    first, *others = (fetch(tmp_path / name, tickers) for name in ("all.parquet", "each", "parts"))
    assert {name: outcome.status for name, outcome in first.outcomes.items()} == dict.fromkeys(tickers, "ok")
    for other in others:
        assert other.bars.sort("ticker", "date").equals(first.bars.sort("ticker", "date"))


def test_a_file_of_closes_alone_is_enough_and_what_lacks_is_said(tmp_path, expected):
    table().select("Date", "Close").write_csv(tmp_path / "AAA.csv")
    fetched = fetch(tmp_path / "AAA.csv")
    assert closes(fetched) == expected and fetched.bars["open"].null_count() == len(DATES)
    assert "no open, high, low, volume" in fetched.notes[0]


def test_money_signs_thousands_and_missing_values_are_read(tmp_path):
    text = (
        'Date,Close/Last,Volume\n01/03/2023,"$1,132.05","12,000"\n01/04/2023,N/A,null\n01/05/2023,$1130,5\n'
    )
    (tmp_path / "AAA.csv").write_text(text)
    bars = fetch(tmp_path / "AAA.csv").bars
    assert bars["close"].to_list() == [1132.05, None, 1130.0]
    assert bars["volume"].to_list() == [12000.0, None, 5.0]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_found_out(tmp_path, separator, expected):
    table().write_csv(tmp_path / "AAA.csv", separator=separator)
    assert closes(fetch(tmp_path / "AAA.csv")) == expected


def test_dividends_and_splits_are_read_off_the_adjusted_close_where_there_is_nothing_else(tmp_path):
    plain = table().with_columns(Close=pl.col("Close").round(2))
    at, paid = 30, 1.5
    before = pl.int_range(pl.len()) < at
    kept = 1 - paid / plain["Close"][at - 1]
    given = plain.with_columns(
        **{"Adj Close": pl.when(before).then(pl.col("Close") * kept).otherwise(pl.col("Close"))}
    )
    given.write_csv(tmp_path / "AAA.csv")
    fetched = fetch(tmp_path / "AAA.csv")
    found = fetched.bars.filter(pl.col("dividend") > 0)
    assert found["date"].to_list() == [DATES[at]]
    assert found["dividend"].item() == pytest.approx(paid, abs=1e-4)
    assert "read off the adjusted close" in fetched.notes[0]
    halved = plain.with_columns(
        Close=pl.when(before).then(pl.col("Close") * 2).otherwise(pl.col("Close")),
        **{"Adj Close": pl.col("Close")},
    )
    halved.write_csv(tmp_path / "AAA.csv")
    fetched = fetch(tmp_path / "AAA.csv")
    bars = fetched.bars
    assert f"AAA {DATES[at]}: a split of 2 read off the adjusted close" in fetched.notes[1]
    assert bars.filter(pl.col("split") != 1).select("date", "split").rows() == [(DATES[at], 2.0)]
    assert bars.filter(pl.col("basis") == "traded")["date"].to_list() == [DATES[at]]


def test_rows_within_a_day_become_the_bar_of_its_session(tmp_path):
    rows = [
        "2023-01-03 09:30:00,10,11,9,10.5,100",
        "2023-01-03 15:30:00,10.5,12,10,11.5,300",
        "2023-01-04 09:30:00,11,12,10,11,50",
    ]
    (tmp_path / "AAA.csv").write_text("\n".join(["Datetime,Open,High,Low,Close,Volume", *rows]))
    fetched = fetch(tmp_path / "AAA.csv")
    shown = fetched.bars.select("open", "high", "low", "close", "volume").row(0)
    assert shown == (10.0, 12.0, 9.0, 11.5, 400.0) and fetched.bars.height == 2
    assert any("gathered" in note for note in fetched.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("Date,Close\n", "has no rows"),
        ("Date,Open\n2023-01-03,1\n", "no column for 'close'; it has Date, Open"),
        ("Close,Open\n1,1\n", "no column for 'date'"),
        ("Date,Close\nsoon,1\nlater,2\n", "no dates that can be read, such as 'soon'"),
        ("Date,Close\n2023-01-03,NaN\n2023-01-04,\n", "column 'Close' holds no number"),
        (
            "Date,Close\n2023-01-03,1,\n2023-01-04,100,5\n",
            r"line 3 has more fields than the 2 of .*: '5' belongs",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_it_lacks(tmp_path, text, says):
    (tmp_path / "AAA.csv").write_text(text)
    with pytest.raises(InvalidInput, match=says) as refused:
        fetch(tmp_path / "AAA.csv")
    assert "AAA.csv" in str(refused.value)


def test_a_file_that_is_not_written_in_utf_8_is_told_so(tmp_path):
    (tmp_path / "AAA.csv").write_bytes("Kürzel;Datum;Schluß\nA;2023-01-03;1\n".encode("cp1252"))
    with pytest.raises(InvalidInput, match=r"not written in UTF-8 .* may stand for 'ü'.*; expected UTF-8"):
        fetch(tmp_path / "AAA.csv")


def test_separators_at_the_end_of_a_row_and_within_quotes_are_no_fields(tmp_path):
    (tmp_path / "AAA.csv").write_text('Date,Close\n2023-01-03,"1,132.05",,\n2023-01-04,1130,\n')
    assert fetch(tmp_path / "AAA.csv").bars["close"].to_list() == [1132.05, 1130.0]


def test_a_broken_parquet_an_empty_folder_and_no_path_are_named(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 but not really")
    with pytest.raises(InvalidInput, match=r"bad.parquet: cannot be read"):
        fetch(tmp_path / "bad.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"holds no .parquet or .csv"):
        fetch(tmp_path / "empty")
    with pytest.raises(InvalidInput, match="no such file or folder"):
        fetch(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match=r"data.files.path is missing"):
        fetch(None)


def test_an_unknown_ticker_is_named_with_what_the_file_has(tmp_path):
    table().with_columns(ticker=pl.lit("AAPL")).write_csv(tmp_path / "all.csv")
    outcome = fetch(tmp_path / "all.csv", ("APPL", "AAPL")).outcomes["APPL"]
    assert outcome.status == "unknown" and "did you mean 'AAPL'" in outcome.reason


def test_a_corrected_and_grown_file_updates_what_is_stored(tmp_path):
    path = tmp_path / "AAA.csv"
    experiment = Experiment.model_validate(
        {
            "name": "x",
            "universe": {"tickers": ["AAA"]},
            "data": {"source": "files", "files": {"path": str(path)}},
        }
    )
    home = open_home(tmp_path / "home")
    plain = table().drop("Adj Close")
    plain.head(100).write_csv(path)
    assert refresh(experiment, home, now=NOW).inserted == 100
    corrected = plain.with_columns(
        Close=pl.when(pl.int_range(pl.len()) == 50).then(pl.col("Close") + 0.05).otherwise(pl.col("Close"))
    )
    corrected.write_csv(path)
    done = refresh(experiment, home, now=NOW)
    assert (done.inserted, done.updated) == (len(DATES) - 100, 1) and not done.rebuilt
    assert read_prices(experiment, home)["close"].to_list() == corrected["Close"].to_list()
    (tmp_path / "AAA.csv").write_text("")
    with pytest.raises(InvalidInput, match="is empty"):
        refresh(experiment, home, now=NOW)
    assert read_prices(experiment, home).height == len(DATES)
