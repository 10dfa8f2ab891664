"""Every kind of planted signal: as strong as stated, on its session and no other, told by the bars, and known to the
oracle better than any line could make it."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from ml_core.data.providers import Request, simulated
from ml_core.data.simulation.config import SIGNALS, Config
from ml_core.data.simulation.market import SimulatedMarket, simulate
from ml_core.data.simulation.oracle import forecast_market
from ml_core.data.store.bars import adjust
from ml_core.spec import choices
from ml_core.spec.experiment import Universe

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
TICKERS = tuple(f"T{place:02d}" for place in range(40))
SESSIONS, IC = 900, 0.3
KINDS = choices.names(SIGNALS)
PLANTED = [kind for kind in KINDS if kind != "none"]
MEANS = [kind for kind in PLANTED if kind != "volatility"]
SHAPES = {"at once": {}, "late": {"delay": 4}, "lasting": {"decay": 0.8}, "both": {"delay": 2, "decay": 0.5}}


def market_of(kind: str, **shape) -> tuple[SimulatedMarket, Config]:
    config = Config(signal=kind, ic=IC, sessions=SESSIONS, **shape)
    return simulate(TICKERS, {}, "XNYS", config), config


def told_and_moved(market: SimulatedMarket, kind: str, *, after: int) -> tuple[np.ndarray, np.ndarray]:
    """The signal after each close, and the own shock so many sessions later: its size where size is what it moves."""
    shock = market.shock_TN[after:]
    return market.signal_TN[:-after].ravel(), (np.abs(shock) if kind == "volatility" else shock).ravel()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", PLANTED)
def test_a_signal_is_as_strong_as_stated_and_of_unit_variance(kind, shape):
    market, config = market_of(kind, **SHAPES[shape])
    told, moved = told_and_moved(market, kind, after=config.delay)
    draws = SESSIONS if kind == "market" else SESSIONS * len(TICKERS)  # all tickers share what the market did
    assert np.corrcoef(told, moved)[0, 1] == pytest.approx(IC, abs=0.02)
    assert told.std() == pytest.approx(1.0, abs=max(0.04, 3 / np.sqrt(2 * draws)))
    assert market.shock_TN.std() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("kind", [kind for kind in PLANTED if kind != "momentum"])
def test_a_signal_that_does_not_last_acts_on_its_session_alone(kind):
    market, _ = market_of(kind, delay=3)
    for after in range(1, 7):
        found = np.corrcoef(*told_and_moved(market, kind, after=after))[0, 1]
        assert found > 0.25 if after == 3 else abs(found) < 0.03


@pytest.mark.parametrize("kind", [kind for kind in PLANTED if kind != "momentum"])
def test_what_decays_is_felt_less_every_session(kind):
    market, _ = market_of(kind, delay=2, decay=0.6)
    told = market.driver_TN
    felt = [
        np.corrcoef(told[:-after].ravel(), np.abs(market.shock_TN[after:]).ravel())[0, 1]
        if kind == "volatility"
        else np.corrcoef(told[:-after].ravel(), market.shock_TN[after:].ravel())[0, 1]
        for after in (2, 4, 6)
    ]
    assert felt[0] > felt[1] > felt[2] > 0


def test_where_nothing_is_planted_the_oracle_knows_nothing():
    market, config = market_of("none")
    mean_TN, _ = forecast_market(market, config, (3,))[3]
    assert np.ptp(mean_TN) == 0
    assert simulated.acts_on(config) == "nothing"


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", MEANS)
def test_no_linear_change_of_the_oracle_does_better(kind, shape, horizon):
    """Outcome on forecast, beside a level, the forecast of the session before and the bare signal: the slope is one,
    and nothing else counts."""
    market, config = market_of(kind, **SHAPES[shape])
    mean_TN, scale_TN = forecast_market(market, config, (horizon,))[horizon]
    sums_TN = np.cumsum(market.return_TN, axis=0)
    came_TN = sums_TN[horizon:] - sums_TN[:-horizon]
    rows = slice(20, -horizon)
    unit = scale_TN[rows].ravel()
    told = np.stack(
        [
            mean_TN[rows].ravel() / unit,
            1 / unit * config.volatility,
            mean_TN[19 : -horizon - 1].ravel() / unit,
            market.signal_TN[rows].ravel(),
        ],
        axis=1,
    )
    slopes, errors = regress(told, came_TN[20:].ravel() / unit, overlap=horizon)
    assert abs(slopes[0] - 1) < 4 * errors[0]
    assert (np.abs(slopes[1:]) < 4 * errors[1:]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracles_scale_is_how_far_it_is_off(kind):
    market, config = market_of(kind)
    mean_TN, scale_TN = forecast_market(market, config, (1,))[1]
    off = ((market.return_TN[1:] - mean_TN[:-1]) / scale_TN[:-1])[20:]
    assert off.std() == pytest.approx(1.0, abs=0.03)


def test_the_oracle_of_volatility_knows_which_moves_will_be_large_and_no_direction():
    market, config = market_of("volatility")
    known = forecast_market(market, config, (1,))[1]
    plain = forecast_market(market, config.model_copy(update={"ic": 0.0}), (1,))[1]
    news, size = (known[1] / plain[1])[:-1].ravel(), np.abs(market.return_TN[1:] / plain[1][:-1]).ravel()
    assert np.corrcoef(news, size)[0, 1] > 0.1
    np.testing.assert_array_equal(known[0], plain[0])


def test_what_moves_prices_can_be_read_off_their_bars():
    config = Config(signal="nonlinear", sessions=300, jumps=0.0)
    market = simulate(TICKERS, {}, "XNYS", config)
    bars = simulated.fetch(Request(TICKERS, {}, "XNYS", None, None, NOW), config).bars
    whole = (
        adjust(bars)
        .sort("ticker", "date")
        .with_columns(
            before=pl.col("close").shift().over("ticker"), went=pl.col("split").cum_prod().over("ticker")
        )
    )
    traded = bars.sort("ticker", "date")["volume"].to_numpy() / whole["went"].to_numpy()
    close = whole["close"].to_numpy().reshape(len(TICKERS), -1)
    move = np.diff(np.log(close), axis=1)
    night = np.log(whole["open"].to_numpy() / whole["before"].to_numpy()).reshape(len(TICKERS), -1)[:, 1:]
    gap = (night - 0.3 * move) / (0.3 * market.next_volatility_TN.T[:, 1:])
    volume = (np.log(traded.reshape(len(TICKERS), -1)[:, 1:] / 1e6) - 20 * np.abs(move)) / 0.4
    told = market.driver_TN.T[:, 1:]
    assert np.corrcoef((gap * volume).ravel(), told.ravel())[0, 1] > 0.98


def test_the_oracles_table_has_a_row_for_every_ticker_session_and_horizon():
    config = Config(signal="momentum", sessions=60)
    table = simulated.oracle(Universe(tickers=TICKERS[:3]), config, (1, 5))
    assert table.height == 3 * 60 * 2
    assert table.columns == ["ticker", "as_of", "horizon", "mean", "scale", "usual"]
    assert (table["usual"] > table["scale"]).all()  # what the signal tells is no risk


def regress(told_RF: np.ndarray, came_R: np.ndarray, *, overlap: int) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and their errors; tickers of a date share market and sector, and sums of sessions overlap."""
    slope_F = np.linalg.lstsq(told_RF, came_R, rcond=None)[0]
    off_TN = (came_R - told_RF @ slope_F).reshape(-1, len(TICKERS))
    pulls = told_RF.reshape(*off_TN.shape, -1) * off_TN[:, :, None]
    pull_TF = pulls.sum(axis=1)
    cov_FF = pull_TF.T @ pull_TF
    for lag in range(1, overlap):
        shared_FF = pull_TF[lag:].T @ pull_TF[:-lag]
        cov_FF += shared_FF + shared_FF.T
    inverse_FF = np.linalg.inv(told_RF.T @ told_RF)
    return slope_F, np.sqrt(np.maximum(np.diag(inverse_FF @ cov_FF @ inverse_FF), 1e-12))
