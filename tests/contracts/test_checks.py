"""What must be true of every check of bars, found by its name: it names what is planted, and a verdict that changes or
refuses a bar knows only what had arrived by then."""

import polars as pl
import pytest

from ml_core.data.intake.stored import TAIL
from ml_core.data.quality.judge import check_bars
from ml_core.data.quality.verdicts import BarCheck, BarContext, Found, catalogue
from tests.contracts.planted_bars import DAY, EVERY, Planted
from tests.data.sound_bars import AT, make_sound, simulate

CALENDAR = "XNYS"
TOLD = ["ticker", "date", "check", "verdict", "known"]
CUTS = (AT - 7, AT - 1, AT, AT + 1, AT + 2, AT + 3, AT + 5, AT + 8, AT + 12, AT + 20, AT + 33, AT + 60, 340)


@pytest.fixture(scope="module")
def sound() -> pl.DataFrame:
    return make_sound()


@pytest.fixture(scope="module", params=sorted(EVERY))
def planted(request, sound) -> tuple[str, Planted, pl.DataFrame]:
    plant = EVERY[request.param]
    return request.param, plant, plant.spoilt(sound)


@pytest.fixture(scope="module")
def findings(planted) -> pl.DataFrame:
    """Of all the bars: judged once for every test that compares with them."""
    _, plant, bars = planted
    return judge(bars, plant)


@pytest.fixture(scope="module")
def whole(findings) -> pl.DataFrame:
    return acting(findings)


def judge(bars: pl.DataFrame, plant: Planted) -> pl.DataFrame:
    return check_bars(bars, calendar=CALENDAR, quality=plant.quality).findings


def acted(bars: pl.DataFrame, plant: Planted) -> pl.DataFrame:
    return acting(judge(bars, plant))


def acting(findings: pl.DataFrame) -> pl.DataFrame:
    """What changes or refuses a bar. That a bar before was refused whole is told of its ticker, so of all its bars."""
    chosen = findings.filter(pl.col("verdict") != "note", pl.col("date").is_not_null())
    return chosen.filter(pl.col("check") != "unit_unclear").select(TOLD).unique().sort(TOLD)


def test_every_check_has_a_defect_planted_for_it():
    assert sorted(EVERY) == sorted(item.name for item in catalogue())


def test_the_day_that_is_planted_is_the_one_that_is_named(sound):
    assert sound["date"][AT] == DAY


def test_it_names_what_is_planted(planted, findings):
    name, plant, bars = planted
    told = findings.filter(check=name)
    assert told.height
    if plant.places:
        assert set(told["date"]) == set(bars.gather(list(plant.places))["date"])


def test_a_verdict_is_never_known_before_its_bar(planted, findings):
    _, _, bars = planted
    assert findings.filter(pl.col("known") < pl.col("date")).is_empty()
    assert findings.filter(pl.col("known") > bars["date"].max()).is_empty()


@pytest.mark.parametrize("cut", CUTS)
def test_what_changes_a_bar_knows_only_what_had_arrived(planted, whole, cut):
    _, plant, bars = planted
    day = bars["date"][cut]
    arrived = acted(bars.filter((pl.col("date") <= day) | pl.col("date").is_null()), plant)
    assert arrived.rows() == whole.filter(pl.col("known") <= day).rows()


def test_bars_that_come_day_by_day_are_judged_as_those_that_come_at_once(planted, whole):
    _, plant, bars = planted
    recent = bars.tail(TAIL + 15)
    newest = recent["date"][-15]
    new = (pl.col("known") >= newest, pl.col("date") >= newest)
    assert acted(recent, plant).filter(*new).rows() == whole.filter(*new).rows()


def test_what_is_said_of_a_ticker_does_not_depend_on_the_others(planted, whole):
    _, plant, bars = planted
    others = simulate(("BBB", "ZZZ"))
    together = acted(pl.concat([others, bars]), plant).filter(ticker="AAA")
    assert together.rows() == whole.rows()


def test_a_check_that_reads_one_bar_ahead_would_break_the_contract(sound, monkeypatch):
    def peeks(_bars: pl.DataFrame, _scene: BarContext) -> Found:
        """The next close is far from this one."""
        return ((pl.col("close").shift(-1) / pl.col("close")).log().abs() > 0.2).fill_null(False)

    leaky = (BarCheck("peeks", "it peeks", "series", "quarantine", peeks),)
    monkeypatch.setattr("ml_core.data.quality.judge.catalogue", lambda: leaky)
    plant = EVERY["unexplained_jump"]
    bars = plant.spoilt(sound)
    day = bars["date"][AT - 1]
    assert acted(bars.filter(pl.col("date") <= day), plant).is_empty()
    assert acted(bars, plant).filter(pl.col("known") <= day)["date"].to_list() == [day]
