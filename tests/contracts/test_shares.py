"""What every way to share a forecast among its inputs must keep, for every family and baseline that is found."""

import numpy as np
import polars as pl
import pytest

from ml_core.explain.attribution import REST, attribute, attribute_all
from ml_core.explain.shares import SHARES
from ml_core.explain.sharing import PEERS, sharings, way_of
from ml_core.explain.subject import open_scene
from ml_core.spec import choices
from tests.contracts.explained import CASES, HORIZON, NETWORKS, PRICES, SIMPLE, TICKER, fit_small, scene_of

every_case = pytest.mark.parametrize(("name", "layout"), CASES)
every_kind = pytest.mark.parametrize("of", ["level", "order", "scale"])
CLOSE = 1e-4  # of a unit of volatility, or of a logarithm


def unit_of(scene, of: str) -> float:
    place, column = scene.windows.tickers.index(TICKER), scene.windows.horizons.index(HORIZON)
    return 1.0 if of == "scale" else float(scene.windows.unit_NTH[place, -1, column])


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
    taken = {way_of(fit_small(name).members[0]) for name in (*NETWORKS, *SIMPLE)}
    assert taken == set(choices.names(SHARES))
    orders = [sharing.order for _, sharing in sharings()]
    assert len(set(orders)) == len(orders), "two files of explain/shares have the same order"
