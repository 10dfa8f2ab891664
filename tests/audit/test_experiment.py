"""Whoever knows the future is caught, and named by stage, ticker, date and column; the shipped experiments are not."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from ml_core.audit.experiment import Steps, audit_experiment
from ml_core.data.prices import Sources, build_prices
from ml_core.data.providers import Request, simulated
from ml_core.data.store.bars import FACTS
from ml_core.data.store.membership import tell_members
from ml_core.evaluation.leakage import Audit
from ml_core.spec.experiment import Experiment, Model
from ml_core.spec.file import read_experiment
from ml_core.spec.membership import Membership
from tests.audit.leaks import LEAKS, Leak, context_back_filled, context_of_tomorrow, members_of_later
from tests.market import NOW, TICKERS, small_experiment

SHORT = {"train": 60, "test": 20, "holdout": 20}
RIDGE = small_experiment(
    model=Model(family="ridge"),
    features={"names": (), "groups": ["momentum", "regime"], "select": 3},
    task={"horizons": [1]},
    validation=SHORT,
)
STAGES = (
    "features",
    "targets",
    "feature choice",
    "scaler",
    "parameters",
    "calibration",
    "forecasts",
    "rivals",
    "positions",
)


def sources_of(experiment: Experiment, facts: pl.DataFrame | None = None) -> Sources:
    """Bars of the experiment's simulated market, without a store."""
    options = experiment.data.options.get("simulated", {})
    universe = experiment.universe
    asked = Request(universe.tickers, universe.sectors, universe.calendar, None, None, NOW)
    bars = simulated.fetch(asked, simulated.Config.model_validate(options)).bars
    return Sources(
        bars, bars.clear(), pl.DataFrame(schema=FACTS) if facts is None else facts, universe.sectors
    )


def audit(experiment: Experiment, *, dates: int = 3) -> Audit:
    return audit_experiment(experiment, sources_of(experiment), dates=dates, seed=1)


def audit_changed(experiment: Experiment, steps: Steps) -> Audit:
    """With the future changed only, which is enough for every leak that is planted here."""
    sources = sources_of(experiment)
    return audit_experiment(experiment, sources, dates=3, seed=1, changes=("changed",), steps=steps)


def with_features(leak: Leak) -> Experiment:
    """The small experiment, reading the feature that the leak spoils."""
    names = {"features": {"names": [leak.named], "groups": [], "select": "all"}}
    spoils = leak.stage == "features" and leak.named != "regime_return"
    return small_experiment(model=Model(family="ridge"), task={"horizons": [1]}, **names) if spoils else RIDGE


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_a_planted_leak_is_caught_and_named(leak: Leak):
    found = [
        one for one in audit_changed(with_features(leak), leak.steps).findings if one.stage == leak.stage
    ]
    assert found
    assert any(
        leak.named in (one.column, *map(str, one.first.values())) or leak.named in str(one) for one in found
    )
    first = found[0]
    assert first.rows > 0
    assert any(isinstance(value, dt.date) for value in first.first.values())
    assert str(first).startswith(f"{leak.stage}: ")


def test_a_leak_is_found_in_its_own_stage_and_in_what_follows_only():
    (gate,) = (leak for leak in LEAKS if leak.stage == "positions")
    assert {one.stage for one in audit_changed(RIDGE, gate.steps).findings} == {"positions"}


def test_an_honest_experiment_has_no_finding_and_every_stage_is_compared():
    """Of a network: the audit looks at a ridge beside it."""
    found = audit(RIDGE.model_copy(update={"model": Model(family="lstm")}))
    assert found.findings == ()
    counts = found.counts()
    for stage in STAGES:
        own = {row["change"]: row for row in counts if row["stage"] == stage}
        assert {"repeated", "shuffled", "changed", "truncated", "delisted", "listed"} <= set(own)
        assert all(row["rows"] > 0 and row["columns"] > 0 for row in own.values())
    assert {"market states", "regimes", "backtest"} <= {row["stage"] for row in counts}
    misaligned = [row for row in counts if row["change"] == "misaligned"]
    assert [row["stage"] for row in misaligned] == ["targets"]
    (earned,) = (row for row in counts if row["stage"] == "execution")
    assert (earned["change"], earned["dates"]) == ("earlier", 3)


def test_no_setting_of_a_strategy_knows_the_future():
    strategy = {
        "horizons": [1, 3], "combine": "sharpe", "smoothing": 3, "gate": 0.3, "gate_sessions": 20,
        "daily_volatility": 0.01, "conviction": "target", "turbulent_share": 0.5, "max_correlation": 0.8,
        "correlation_sessions": 20, "yearly_volatility": 0.12, "limit": 0.1, "max_drawdown": 0.2, "delay": 1,
    }  # fmt: skip
    found = audit(small_experiment(model=Model(family="ridge"), strategy=strategy))
    assert [str(one) for one in found.findings] == []
    assert {"positions", "backtest"} <= {row["stage"] for row in found.counts()}


FACTS_OF_RATES = pl.DataFrame(
    [("rate", dt.date(2018, month, 5), 0.01 * month, None) for month in range(3, 13)],
    schema=FACTS,
    orient="row",
)


def test_the_users_own_table_is_changed_too_and_one_joined_too_early_is_named():
    experiment = small_experiment(
        model=Model(family="ridge"),
        features={"names": [], "groups": ["momentum", "context"], "select": "all"},
        validation=SHORT,
    )
    sources = sources_of(experiment, FACTS_OF_RATES)
    assert "context_rate" in build_prices(experiment, sources).columns
    assert audit_experiment(experiment, sources, dates=3, seed=1).findings == ()
    steps = Steps(read=context_back_filled)
    leaking = audit_experiment(experiment, sources, dates=3, seed=1, changes=("truncated",), steps=steps)
    named = {one.column for one in leaking.findings if one.stage == "features"}
    assert any(column.startswith("context_rate") for column in named)


FACTS_OF_EARNINGS = pl.DataFrame(
    [
        (f"/{ticker}/eps", dt.date(2018, month, 3 + place), 0.1 * month * (place + 1), None)
        for place, ticker in enumerate(TICKERS[:6])
        for month in range(1, 13)
    ],
    schema=FACTS,
    orient="row",
)


def test_a_value_of_one_ticker_that_is_joined_too_early_is_named():
    experiment = small_experiment(
        model=Model(family="ridge"),
        features={"names": ["momentum_5", "context_eps"], "groups": [], "select": "all"},
        validation=SHORT,
    )
    sources = sources_of(experiment, FACTS_OF_EARNINGS)
    assert build_prices(experiment, sources).group_by("date").agg(pl.col("context_eps").n_unique())[
        "context_eps"
    ].max() == len(TICKERS[:6])
    assert audit_experiment(experiment, sources, dates=3, seed=1).findings == ()
    for early in (context_back_filled, context_of_tomorrow):
        leaking = audit_experiment(
            experiment, sources, dates=3, seed=1, changes=("changed",), steps=Steps(read=early)
        )
        assert "context_eps" in {one.column for one in leaking.findings if one.stage == "features"}


SPANS = [
    *(Membership(ticker, dt.date(2017, 1, 2), None, None, 0) for ticker in TICKERS[:3]),
    Membership(TICKERS[3], dt.date(2018, 11, 1), None, None, 0),
    Membership(TICKERS[4], dt.date(2017, 1, 2), dt.date(2018, 11, 30), None, 0),
    Membership(TICKERS[5], dt.date(2017, 1, 2), dt.date(2018, 4, 30), None, 0),
    Membership(TICKERS[5], dt.date(2018, 9, 3), dt.date(2030, 1, 2), -0.5, 0),
]


@pytest.mark.parametrize("target", ["return", "excess"])
def test_membership_knows_nothing_of_the_future_and_one_known_too_early_is_named(target):
    experiment = small_experiment(
        model=Model(family="ridge"),
        universe={"members": "members.csv"},
        features={
            "names": ["momentum_5", "relative_momentum_5", "momentum_rank_5", "regime_return"],
            "groups": [],
            "select": "all",
        },
        task={"target": target},
        validation=SHORT,
    )
    sources = replace(sources_of(experiment), members=tell_members(SPANS))
    assert not build_prices(experiment, sources)["member"].all()
    found = audit_experiment(experiment, sources, dates=3, seed=1)
    assert [str(one) for one in found.findings] == []
    leaking = audit_experiment(
        experiment, sources, dates=3, seed=1, changes=("truncated",), steps=Steps(read=members_of_later)
    )
    assert {"usable", "relative_momentum_5"} <= {one.column for one in leaking.findings}


SMALL = {
    "demo": ("task.lookback=8", "data.simulated.sessions=300"),
    "weekly_etfs": ("task.lookback=8", "data.simulated.sessions=900"),
    "single_stock": ("task.lookback=8", "data.simulated.sessions=420", "task.horizons=[1, 5]"),
    "truth": ("task.lookback=8", "data.simulated.sessions=300"),
    "cross_section": (
        "task.lookback=8",
        "data.simulated.sessions=300",
        'features.groups=["momentum", "cross_section"]',
    ),
}


@pytest.mark.parametrize("name", SMALL)
def test_the_shipped_experiments_know_nothing_of_the_future(name):
    lengths = ("validation.train=100", "validation.test=20", "validation.holdout=25", "validation.folds=2")
    experiment = read_experiment(name, ("data.source=simulated", *SMALL[name], *lengths))
    tickers = (*experiment.universe.tickers[:3], *experiment.universe.tickers[10:13])
    sectors = {ticker: sector for ticker, sector in experiment.universe.sectors.items() if ticker in tickers}
    few = experiment.universe.model_copy(update={"tickers": tickers, "sectors": sectors})
    experiment = experiment.model_copy(update={"universe": few})
    found = audit(experiment)
    assert [str(one) for one in found.findings] == []
    assert sum(row["rows"] for row in found.counts()) > 1000
    assert "execution" in {row["stage"] for row in found.counts()}


def test_dates_begin_where_a_back_fill_shows_and_where_the_first_fold_ends_to_learn():
    from ml_core.audit.experiment import audited_dates, choose_folds
    from ml_core.walkforward.opening import read_panel

    windows, _ = read_panel(RIDGE.spec, build_prices(RIDGE, sources_of(RIDGE)))
    folds = choose_folds(RIDGE, windows, seed=1)
    dates = audited_dates(windows, folds, count=6, seed=1)
    assert dates[:2] == [windows.sessions[1], folds[0].known]
    assert dates == audited_dates(windows, folds, count=6, seed=1)
    assert dates != audited_dates(windows, folds, count=6, seed=2)
    for fold in folds:
        assert fold.split.validation.end < fold.known < fold.split.test.start
    assert windows.sessions[-1] not in dates
    assert len(TICKERS[:6]) == len(windows.tickers)
