"""What every way to share a forecast among its inputs must keep, for every family and baseline that is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest

import candorcast
from ml_core.baselines import BASELINES, Learned, PanelRows, features_read
from ml_core.evaluation.intervals import track_widths
from ml_core.explain.attribution import REST, WIDTH, attribute, attribute_all
from ml_core.explain.shares import SHARES, asked
from ml_core.explain.sharing import PEERS, Question, past_rows, sharings, way_of
from ml_core.explain.subject import open_scene
from ml_core.features.scaling import Scaler
from ml_core.forecaster.calibration import blend
from ml_core.forecaster.volatility import scale_of
from ml_core.spec import choices
from ml_core.spec.outside import forget
from tests.api.own import Shrunk, make_forest, make_ridge
from tests.contracts.explained import CASES, HORIZON, NETWORKS, PRICES, SIMPLE, TICKER, fit_small, scene_of

every_case = pytest.mark.parametrize(("name", "layout"), CASES)
every_kind = pytest.mark.parametrize("of", ["level", "order", "scale"])
OUTSIDE = "own_forest_of_outside"
CLOSE = 1e-4  # of a unit of volatility, or of a logarithm


def unit_of(scene, of: str) -> float:
    place, column = scene.windows.tickers.index(TICKER), scene.windows.horizons.index(HORIZON)
    return 1.0 if of == "scale" else float(scene.windows.unit_NTH[place, -1, column])


@contextmanager
def own_model() -> Iterator[str]:
    """A model from outside, which can only be asked."""
    candorcast.model(name=OUTSIDE)(make_forest)
    try:
        yield OUTSIDE
    finally:
        forget("model", OUTSIDE)


@every_case
@every_kind
def test_base_and_shares_add_up_to_the_forecast_that_is_served(name, layout, of):
    scene = scene_of(name, layout)
    found = attribute(scene.about(TICKER, HORIZON), of)
    served = scene.forecaster.predict(PRICES).filter(horizon=HORIZON)
    own = served.filter(ticker=TICKER).row(0, named=True)
    expected = {
        "level": own["mean"],
        "order": own["mean"] - served["mean"].mean(),
        "scale": np.log(own["scale"]),
    }
    unit = unit_of(scene, of)
    assert abs(found.total - expected[of]) / unit < CLOSE
    assert abs(found.beside.get(REST, 0.0)) / unit < CLOSE  # and without what no input can be given


@every_case
def test_how_its_own_intervals_have_held_is_the_factor_that_followed_its_outcomes(name, layout):
    """In the sum it is what is left; here its outcomes are followed one by one, so that the sum is no mere algebra."""
    scene = scene_of(name, layout)
    windows, calibration, subject = scene.windows, scene.forecaster.calibration, scene.about(TICKER, HORIZON)
    needed_NT = calibration.rows_needed(windows, scene.usable_NT, subject.rows_NT)
    mean_NTH, scale_NTH = scene.forecaster.outputs(windows, needed_NT)
    scale_NTH = blend(scale_NTH, scale_of(windows.state_NTK, calibration.slope_HJ), calibration.share)
    error_NTH = np.abs(windows.y_NTH - calibration.trust_H * mean_NTH)
    width_NTH = track_widths(
        error_NTH / scale_NTH,
        calibration.width_H,
        level=calibration.level,
        horizons=windows.horizons,
        since=sum(day <= calibration.until for day in windows.sessions),
    )
    grown = np.log(width_NTH[subject.place, -1, subject.column] / calibration.width_H[subject.column])
    assert grown, "outcomes have arrived since"
    assert attribute(subject, "scale").beside[WIDTH] == pytest.approx(grown, abs=CLOSE)


@every_case
def test_the_same_question_has_the_same_answer_and_a_ticker_alone_the_same_as_among_others(name, layout):
    scene = scene_of(name, layout)
    one, again = (attribute(scene.about(TICKER, HORIZON)) for _ in range(2))
    np.testing.assert_array_equal(one.share_LF, again.share_LF)
    (among,) = (found for found in attribute_all(scene, HORIZON) if found.ticker == TICKER)
    np.testing.assert_allclose(among.share_LF, one.share_LF, atol=CLOSE * unit_of(scene, "level"))


@every_case
def test_later_prices_change_nothing(name, layout):
    forecaster = fit_small(name, layout)
    days = PRICES["date"].unique().sort()
    later = pl.col("date") > days[-20]
    changed = PRICES.with_columns(pl.when(later).then(pl.col("close") * 2).otherwise("close").alias("close"))
    before, after = (
        attribute(open_scene(forecaster, prices, as_of=days[-20]).about(TICKER, HORIZON), "scale")
        for prices in (PRICES, changed)
    )
    assert before.forecast == after.forecast
    np.testing.assert_array_equal(before.share_LF, after.share_LF)
    assert before.beside == after.beside


@every_case
def test_members_are_told_apart_and_their_mean_is_what_all_say(name, layout):
    scene = scene_of(name, layout)
    found = attribute(scene.about(TICKER, HORIZON))
    assert len(found.member_MF) == len(scene.forecaster.members)
    np.testing.assert_allclose(found.member_MF.mean(axis=0), found.share_LF.sum(axis=0), atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_every_lag_of_its_window_a_share(name):
    found = attribute(scene_of(name).about(TICKER, HORIZON))
    assert found.share_LF.shape == (8, 4)
    assert np.abs(found.share_LF).sum() > 0


@pytest.mark.parametrize("name", NETWORKS)
def test_a_joint_network_tells_its_own_inputs_from_those_of_other_tickers(name):
    scene = scene_of(name, "joint")
    found = attribute(scene.about(TICKER, HORIZON))
    assert found.names == (*scene.forecaster.features, PEERS)
    assert abs(found.by_feature()[PEERS]) > 0


@pytest.mark.parametrize("target", ["excess", "rank"])
@pytest.mark.parametrize("name", ["last", "ewma", "garch", "log_har", "ridge", "lstm"])
def test_other_targets_add_up_too(name, target):
    scene = scene_of(name, target=target)
    for of in ("level", "scale"):
        found = attribute(scene.about(TICKER, HORIZON), of)
        assert abs(found.total - found.forecast) / unit_of(scene, of) < CLOSE


def test_every_learner_is_shared_by_some_way_and_every_way_is_taken():
    with own_model() as own:
        taken = {way_of(fit_small(name).members[0]) for name in (*NETWORKS, *SIMPLE, own)}
    assert taken == set(choices.names(SHARES))
    orders = [sharing.order for _, sharing in sharings()]
    assert len(set(orders)) == len(orders), "two files of explain/shares have the same order"


def test_a_learner_that_reads_features_is_never_told_by_its_own_past():
    """Whoever nobody else can share is asked; only who reads no features is told by stretches of the past."""
    for name in SIMPLE:
        (member, *_) = fit_small(name).members
        unknown = replace(member, fitted=replace(member.fitted, learned=Learned()))
        assert way_of(unknown) == ("past" if features_read(name) == "none" else "asked")


def test_one_that_can_only_be_asked_has_its_own_scale_shared_too(monkeypatch):
    """A ridge that is asked, and says a scale that is the sum of its inputs."""
    scene, ridge = scene_of("ridge"), choices.load(BASELINES, "ridge")
    says_mean = ridge.predict

    def predict(learned, rows):
        return says_mean(learned, rows)[0], np.repeat(
            np.nan_to_num(rows.x_RF).sum(axis=1)[:, None], 2, axis=1
        )

    monkeypatch.setattr(ridge, "predict", predict)
    (member,) = scene.forecaster.members
    question = Question(scene.views[0], scene.about(TICKER, HORIZON).rows_NT, 1, "scale", scene.usable_NT)
    found = asked.share(member, question)
    own_F = PanelRows(question.view.windows, question.rows_NT, question.view.features).x_RF[0]
    far_F = np.nan_to_num(own_F) - np.nan_to_num(past_rows(question)[::2]).mean(axis=0)
    np.testing.assert_allclose(found.share_RLF[0, 0], far_F, atol=1e-9)
    assert found.value_R[0] == pytest.approx(np.nan_to_num(own_F).sum())


def test_a_model_from_outside_adds_up_alone_and_among_others():
    with own_model() as own:
        scene = scene_of(own)
        for of in ("level", "order", "scale"):
            found = attribute(scene.about(TICKER, HORIZON), of)
            assert abs(found.total - found.forecast) / unit_of(scene, of) < CLOSE
        found = attribute(scene.about(TICKER, HORIZON))
        (among,) = (one for one in attribute_all(scene, HORIZON) if one.ticker == TICKER)
        np.testing.assert_allclose(among.share_LF, found.share_LF, atol=CLOSE * unit_of(scene, "level"))
        assert np.abs(found.share_LF).max() > 0


def test_a_line_that_can_only_be_asked_has_the_shares_that_a_line_has():
    """Where nothing acts together, every order gives the same: slope times how far the input is from the past rows."""
    candorcast.model(name=OUTSIDE)(lambda _config, _seed: make_ridge(Shrunk(alpha=1.0), 0))
    try:
        forecaster = fit_small.__wrapped__(OUTSIDE)
        scene = open_scene(forecaster, PRICES)
        (member,) = forecaster.members
        question = Question(scene.views[0], scene.about(TICKER, HORIZON).rows_NT, 1, "mean", scene.usable_NT)
        found = asked.share(member, question)
        arrays, usual_PF = member.arrays(), past_rows(question)[::2]
        scaler = Scaler(*(arrays[f"learned.scaler.{part.name}"] for part in fields(Scaler)))
        _, line = choices.load(BASELINES, OUTSIDE).open(member.fitted.learned)
        x_RF = PanelRows(question.view.windows, question.rows_NT, question.view.features).x_RF
        far_F = (scaler.scale(x_RF) - scaler.scale(usual_PF).mean(axis=0))[0]
        np.testing.assert_allclose(found.share_RLF[0, 0], far_F * line.coef_, atol=1e-9)
    finally:
        forget("model", OUTSIDE)
