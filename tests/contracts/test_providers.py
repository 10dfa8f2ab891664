"""What every provider must keep, whichever file is added: found by its name. None needs a network."""

import datetime as dt
import re
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from ml_core.data.providers import PROVIDERS, Provider, RemoteConfig, Request, load_provider
from ml_core.frames import BARS
from ml_core.spec import choices
from ml_core.spec.experiment import FrozenSection, Universe
from tests.data.loopback_yahoo import LoopbackYahoo
from tests.data.test_yahoo import QUICK, SESSIONS, make_listing, make_rows

TICKERS = ("AAA", "BBB", "CCC")
NOW = dt.datetime(2024, 6, 28, 22, tzinfo=dt.UTC)
by_name = pytest.mark.parametrize("name", choices.own_names(PROVIDERS))


@pytest.fixture
def served():
    with LoopbackYahoo({ticker: make_listing() for ticker in TICKERS}) as server:
        yield server


@pytest.fixture
def drive(tmp_path, served):
    """How each provider is brought to answer here: its options, and its session."""
    rows = [(ticker, *row[:5], row[6]) for ticker in TICKERS for row in make_rows(SESSIONS)]
    names = ["ticker", "date", "open", "high", "low", "close", "volume"]
    file = tmp_path / "bars.parquet"
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(file)
    options = {
        "files": {"path": str(file)},
        "simulated": {"start": SESSIONS[0], "sessions": 400},
        "yahoo": QUICK,
    }

    def ask(name, tickers=TICKERS, *, start=None, end=None, now=NOW):
        assert name in options, f"say in tests/contracts/test_providers.py how '{name}' is driven"
        session = served.session() if name == "yahoo" else None
        request = Request(tickers, {}, "XNYS", start, end, now, {}, tmp_path / "cache", session)
        return request, load_provider(name).config_class.model_validate(options[name])

    def fetch(name, *tickers, progress=None, **asked):
        return load_provider(name).fetch(*ask(name, *tickers, **asked), progress=progress)

    fetch.options, fetch.ask = options, ask
    return fetch


@by_name
def test_its_config_is_frozen_and_refuses_unknown_keys(name, drive):
    config_class = load_provider(name).config_class
    config = config_class.model_validate(drive.options[name])
    field = next(iter(config_class.model_fields))
    with pytest.raises(ValidationError):
        setattr(config, field, getattr(config, field))
    with pytest.raises(ValidationError, match="Extra inputs"):
        config_class.model_validate({**drive.options[name], "no_such_key": 1})


@by_name
def test_its_identity_is_a_folder_name_and_stays_the_same(name, drive):
    provider = load_provider(name)
    config = provider.config_class.model_validate(drive.options[name])
    first = provider.identity(Universe(tickers=TICKERS), config)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", first)
    assert first == provider.identity(Universe(tickers=TICKERS), config)
    assert first == provider.identity(Universe(tickers=(*TICKERS, "DDD")), config)


@by_name
def test_one_that_is_asked_by_name_keeps_a_stranger_beside_the_others(name, drive):
    provider = load_provider(name)
    config = provider.config_class.model_validate(drive.options[name])
    if provider.hurry:
        stranger, hurried = Universe(tickers=("ZZZ",)), provider.hurry(config)
        assert provider.config_class.model_validate(hurried.model_dump()) == hurried
        assert provider.identity(stranger, hurried) == provider.identity(Universe(tickers=TICKERS), config)


@by_name
def test_its_bars_have_the_agreed_columns_and_one_row_a_session(name, drive):
    bars = drive(name).bars
    assert dict(bars.schema) == BARS
    assert bars.height == bars.select("ticker", "date").n_unique()
    assert set(bars["basis"]) <= {"traded", "split_adjusted"}
    assert bars["close"].null_count() == 0


@by_name
def test_every_ticker_has_an_outcome_that_fits_its_rows(name, drive):
    fetched = drive(name)
    assert tuple(fetched.outcomes) == TICKERS
    counts = dict(fetched.bars.group_by("ticker").len().iter_rows())
    for ticker, outcome in fetched.outcomes.items():
        assert outcome.rows == counts.get(ticker, 0)
        assert (outcome.status == "ok") == (outcome.rows > 0)
        assert outcome.status == "ok" or outcome.reason


@by_name
def test_it_gives_the_same_bars_twice(name, drive):
    assert drive(name).bars.equals(drive(name).bars)


@by_name
def test_it_keeps_to_the_dates_that_were_asked_for(name, drive):
    start, end = SESSIONS[30], SESSIONS[60]
    dates = drive(name, start=start, end=end).bars["date"]
    assert dates.min() == start
    assert dates.max() == end


@by_name
def test_a_range_without_sessions_is_empty_and_says_so(name, drive):
    fetched = drive(name, start=dt.date(1999, 1, 4), end=dt.date(1999, 1, 8))
    assert fetched.bars.is_empty()
    assert dict(fetched.bars.schema) == BARS
    assert all(outcome.status == "empty" and outcome.reason for outcome in fetched.outcomes.values())


@by_name
def test_it_knows_nothing_of_days_to_come(name, drive):
    now = dt.datetime(2024, 3, 15, 23, tzinfo=dt.UTC)
    assert drive(name, now=now).bars["date"].max() == dt.date(2024, 3, 15)


@by_name
def test_a_ticker_that_nobody_knows_costs_no_other(name, drive):
    fetched = drive(name, ("AAA", "NOSUCHTICKER", "BBB"))
    assert fetched.outcomes["AAA"].status == fetched.outcomes["BBB"].status == "ok"
    assert fetched.outcomes["NOSUCHTICKER"].status in ("ok", "unknown")


@by_name
def test_progress_ends_at_the_whole(name, drive):
    heard = []
    drive(name, progress=lambda _, done, total: heard.append((done, total)))
    assert heard
    assert heard[-1][0] == heard[-1][1]
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


@by_name
def test_importing_it_opens_no_file_or_connection(name):
    source = Path(choices.load(PROVIDERS, name).__file__).read_text(encoding="utf-8")
    assert not re.search(r"^(import|from) (yfinance|curl_cffi|requests|httpx)", source, re.M)


@by_name
def test_a_stream_brings_in_parts_what_a_fetch_brings_at_once(name, drive):
    provider, whole = load_provider(name), drive(name)
    parts = list(provider.stream(*drive.ask(name))) if provider.stream else [whole]
    assert (
        pl.concat([part.bars for part in parts])
        .sort("ticker", "date")
        .equals(whole.bars.sort("ticker", "date"))
    )
    assert {ticker: how for part in parts for ticker, how in part.outcomes.items()} == whole.outcomes


@by_name
def test_one_whose_answers_are_slow_lets_the_user_say_how_often_they_are_stored(name):
    provider = load_provider(name)
    remote = issubclass(provider.config_class, RemoteConfig)
    assert remote == (provider.stream is not None)
    assert remote or provider.fetch_sectors is None


@by_name
def test_a_fingerprint_is_the_same_text_while_nothing_changes(name, drive):
    tell = load_provider(name).fingerprint
    told = [tell(*drive.ask(name)) if tell else "" for _ in range(2)]
    assert told[0] == told[1]
    assert isinstance(told[0], str)


@by_name
def test_only_a_market_that_was_made_up_has_an_oracle_and_says_what_its_signal_moves(name, drive):
    provider = load_provider(name)
    _, config = drive.ask(name)
    assert (provider.oracle is not None) == (provider.acts_on(config) != "nothing")


def test_a_file_that_declares_no_provider_is_refused_by_name(tmp_path, monkeypatch):
    (tmp_path / "halfway.py").write_text("PROVIDER = None")
    package = import_module(PROVIDERS)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    with pytest.raises(
        TypeError,
        match=r"providers/halfway\.py: expected PROVIDER = Provider\(…\) of ml_core\.data\.providers, got None",
    ):
        load_provider("halfway")


def test_what_a_provider_leaves_out_has_a_default():
    least = Provider(FrozenSection, lambda *_: "least", lambda *_, **__: None)
    assert (least.stream, least.fingerprint, least.fetch_sectors, least.oracle) == (None, None, None, None)
    assert least.acts_on(FrozenSection()) == "nothing"
