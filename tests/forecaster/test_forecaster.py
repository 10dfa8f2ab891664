"""What is served for a past date is what was evaluated, from raw prices to raw forecasts; and files are sound or
refused."""

import dataclasses
import datetime as dt
import hashlib
import json
import shutil

import numpy as np
import polars as pl
import pytest

from ml_core.errors import BrokenArtifact, InvalidInput, NotEnoughData
from ml_core.forecaster.files import CHECKSUMS, DESCRIPTION, WEIGHTS, load_forecaster, save_forecaster
from ml_core.frames import FORECAST
from ml_core.spec.experiment import RunSpec
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from ml_core.walkforward.rows import forecast_split
from tests.market import simulate_prices, small_experiment

PRICES = simulate_prices()
NEWCOMER = simulate_prices(tickers=8).filter(pl.col("ticker") == "HOTL")
COMPARING = (
    "momentum_rank_5",
    "momentum_rank_20",
    "volatility_rank_20",
    "relative_shock",
    "relative_drift_10",
)
NUMBERS = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]


@dataclasses.dataclass(frozen=True)
class Fitted:
    forecaster: object
    scored: pl.DataFrame


@pytest.fixture(scope="module", params=["pooled", "joint"])
def fitted(request):
    """A forecaster of two members, and its forecasts of the holdout as evaluation makes them."""
    experiment = small_experiment(
        task={"layout": request.param}, features={"names": COMPARING}, validation={"seeds": 2}
    )
    windows, _ = open_windows(experiment.spec, PRICES)
    split = plan_folds(experiment, windows)[-1]
    forecaster = fit(experiment.spec, windows, split)
    return Fitted(forecaster, forecast_split(forecaster, windows, split))


def test_a_past_date_is_forecast_from_all_prices_as_evaluation_did_bit_for_bit(fitted):
    days = fitted.scored["as_of"].unique().sort()
    for day in (days[0], days[17], days[-1]):
        served = fitted.forecaster.predict(PRICES, as_of=day)
        evaluated = fitted.scored.filter(pl.col("as_of") == day)
        assert served.select(NUMBERS).equals(evaluated.select(NUMBERS))


def test_a_stretch_of_dates_is_forecast_as_evaluation_did_bit_for_bit(fitted):
    served = fitted.forecaster.predict(PRICES, since=fitted.scored["as_of"].min())
    assert served.select(NUMBERS).equals(fitted.scored.select(NUMBERS))


def test_only_prices_up_to_the_date_are_looked_at(fitted):
    day = fitted.scored["as_of"].unique().sort()[10]
    known = PRICES.filter(pl.col("date") <= day)
    later = PRICES.filter(pl.col("date") > day).with_columns(pl.col("close") * 3)
    expected = fitted.forecaster.predict(known)
    assert fitted.forecaster.predict(pl.concat([later, known]), as_of=day).equals(expected)


def test_prices_of_another_scale_give_the_same_forecasts(fitted):
    bars = ["open", "high", "low", "close"]
    cents = PRICES.with_columns(pl.col(bars) * 128)
    ours, theirs = (fitted.forecaster.predict(one)["mean"].to_numpy() for one in (PRICES, cents))
    np.testing.assert_allclose(theirs, ours, rtol=2e-3, atol=1e-6)


def test_forecasts_are_raw_log_returns_inside_their_interval(fitted):
    table = fitted.forecaster.named("small.simulated", "3").predict(PRICES)
    assert table.schema == FORECAST
    assert table.height == 6 * 2
    assert set(table["model"]) == {"small.simulated"}
    assert set(table["version"]) == {"3"}
    assert ((table["lower"] < table["mean"]) & (table["mean"] < table["upper"])).all()
    assert table["mean"].abs().max() < 0.1
    assert table.filter(horizon=1)["scale"].is_between(0.002, 0.06).all()
    wider = table.filter(horizon=3)["upper"] - table.filter(horizon=3)["lower"]
    assert (wider > table.filter(horizon=1)["upper"] - table.filter(horizon=1)["lower"]).mean() > 0.5


def test_an_unseen_ticker_is_answered_by_a_pooled_model_and_left_alone_by_a_joint_one(fitted):
    table = fitted.forecaster.predict(pl.concat([PRICES, NEWCOMER]))
    answered = set(table["ticker"])
    assert answered >= set(PRICES["ticker"])
    assert ("HOTL" in answered) == (fitted.forecaster.spec.reading.layout == "pooled")


def test_a_joint_model_without_all_of_its_tickers_says_which_it_lacks(fitted):
    some = PRICES.filter(~pl.col("ticker").is_in(["BRAV", "ECHO"]))
    if fitted.forecaster.spec.reading.layout == "pooled":
        assert fitted.forecaster.predict(some)["ticker"].n_unique() == 4
    else:
        with pytest.raises(InvalidInput, match="a joint model needs all of its tickers; missing BRAV, ECHO"):
            fitted.forecaster.predict(some)


def test_prices_that_lack_what_the_model_needs_are_refused_by_name():
    experiment = small_experiment(
        features={"names": ["momentum_1", "volume_surprise_20"]}, training={"epochs": 1}
    )
    windows, _ = open_windows(experiment.spec, PRICES)
    forecaster = fit(experiment.spec, windows, plan_folds(experiment, windows)[0])
    with pytest.raises(InvalidInput, match="the model needs volume_surprise_20"):
        forecaster.predict(PRICES.with_columns(volume=pl.lit(None, pl.Float64)))


def test_a_date_before_all_prices_is_refused_by_name(fitted):
    with pytest.raises(NotEnoughData, match="1999-01-04"):
        fitted.forecaster.predict(PRICES, as_of=dt.date(1999, 1, 4))


def test_too_short_a_history_gives_no_row_rather_than_a_guess(fitted):
    short = PRICES.filter(pl.col("date") <= PRICES["date"].unique().sort()[20])
    assert fitted.forecaster.predict(short).is_empty()


def test_the_files_of_a_forecaster_hold_no_pickle(fitted, tmp_path):
    save_forecaster(fitted.forecaster, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {WEIGHTS, DESCRIPTION, CHECKSUMS}
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert not content.startswith((b"\x80", b"PK"))
        assert b"torch._utils" not in content
    json.loads((tmp_path / DESCRIPTION).read_text())
    loaded = load_forecaster(tmp_path)
    assert loaded.predict(PRICES).equals(fitted.forecaster.predict(PRICES))
    assert isinstance(loaded.spec, RunSpec)


@pytest.fixture(scope="module")
def saved(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    save_forecaster(fitted.forecaster, folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
def test_one_altered_byte_is_refused_by_the_files_name(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[-20] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BrokenArtifact, match=f"{name}.*checksum"):
        load_forecaster(copy)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION, CHECKSUMS])
def test_a_missing_file_is_refused_by_its_name(copy, name):
    (copy / name).unlink()
    with pytest.raises(BrokenArtifact, match=name):
        load_forecaster(copy)


@pytest.mark.parametrize("content", ["{", "[]", "3", '{"weights.safetensors": 1}', "{}"])
def test_wrong_checksums_are_refused_by_a_files_name(copy, content):
    (copy / CHECKSUMS).write_text(content)
    with pytest.raises(BrokenArtifact, match=r"checksums.json|weights.safetensors"):
        load_forecaster(copy)


def seal(folder) -> None:
    """Checksums that fit whatever is there."""
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, DESCRIPTION)}
    (folder / CHECKSUMS).write_text(json.dumps(sums))


@pytest.mark.parametrize(
    "change",
    [
        {"members": 9},
        {"members": "two"},
        {"level": None},
        {"surprise": 1},
        {"spec": {"model": {"family": "lstmm"}}},
        {"spec": {"model": {"family": "lstm", "hidden": 5}}},
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused_though_its_checksum_is_right(copy, change):
    described = json.loads((copy / DESCRIPTION).read_text())
    (copy / DESCRIPTION).write_text(json.dumps({**described, **change}))
    seal(copy)
    with pytest.raises(BrokenArtifact) as told:
        load_forecaster(copy)
    assert DESCRIPTION in str(told.value) or WEIGHTS in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_of_an_earlier_format_is_refused_with_what_to_do(copy):
    described = json.loads((copy / DESCRIPTION).read_text())
    (copy / DESCRIPTION).write_text(json.dumps({**described, "format": 1}))
    seal(copy)
    with pytest.raises(
        BrokenArtifact, match=r"forecaster.json: is of format 1; expected 2 or 3; search again"
    ) as told:
        load_forecaster(copy)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"not tensors at all", b"\x80\x04."])
def test_weights_that_are_none_are_refused_though_their_checksum_is_right(copy, content):
    (copy / WEIGHTS).write_bytes(content)
    seal(copy)
    with pytest.raises(BrokenArtifact, match=WEIGHTS):
        load_forecaster(copy)
