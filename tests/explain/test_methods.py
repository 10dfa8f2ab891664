"""What single methods of explanation must find."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cli.screens.explained import other_lines
from ml_core.explain.amounts import HAIR, tell_amount
from ml_core.explain.attribution import attribute, share_rows
from ml_core.explain.elsewhere import Elsewhere
from ml_core.explain.methods import alike, attention, counterfactual, moved
from ml_core.explain.risen import tell_ends
from ml_core.explain.spoken import tell_places, tell_unproven
from ml_core.explain.surveys.importance import OfClaim, Rise
from tests.contracts.explained import HORIZON, NETWORKS, PRICES, TICKER, fit_small, scene_of

ATTENDS = ("attention_lstm", "hybrid", "informer", "multi_scale", "tft", "transformer")


@pytest.mark.parametrize("layout", ["pooled", "joint"])
@pytest.mark.parametrize("name", ATTENDS)
def test_attention_is_the_weights_that_are_used_and_sums_to_one(name, layout):
    scene = scene_of(name, layout)
    subject = scene.about(TICKER, HORIZON)
    assert attention.METHOD.excuse(subject) == ""
    found = attention.explain(subject)
    assert sum(found.by_lag) == pytest.approx(1, abs=1e-5)
    assert found.members == len(scene.forecaster.members)
    (view,), used = scene.views, []
    for member in scene.forecaster.members:
        x_BLF = view.layout.inputs_of(
            torch.tensor([0 if layout == "joint" else scene.windows.tickers.index(TICKER)]),
            torch.tensor([len(scene.windows.sessions) - 1]),
            lookback=8,
            scaler=member.scaler,
        )
        with torch.inference_mode():
            used.append(member.network.encoder.attention(x_BLF)[0, -1].numpy()[::-1])
    np.testing.assert_allclose(found.by_lag, np.mean(used, axis=0), atol=1e-6)
    for low, middle, high in zip(found.least, found.by_lag, found.most, strict=True):
        assert low <= middle + 1e-9 <= high + 2e-9


def test_tft_tells_which_inputs_it_chooses():
    found = attention.explain(scene_of("tft").about(TICKER, HORIZON))
    assert sum(found.by_input.values()) == pytest.approx(1, abs=1e-5)
    assert set(found.by_input) == set(scene_of("tft").forecaster.features)


@pytest.mark.parametrize("name", [*sorted(set(NETWORKS) - set(ATTENDS)), "ridge"])
def test_who_does_not_attend_says_so(name):
    assert "does not attend" in attention.METHOD.excuse(scene_of(name).about(TICKER, HORIZON))


@pytest.mark.parametrize(("name", "layout"), [("lstm", "pooled"), ("lstm", "joint"), ("ridge", "pooled")])
def test_what_would_have_turned_it_lies_in_the_range_of_the_data_and_turns_it(name, layout):
    scene = scene_of(name, layout)
    found = counterfactual.explain(scene.about(TICKER, HORIZON))
    assert found.before == pytest.approx(scene.said[TICKER, HORIZON]["mean"], rel=1e-3, abs=1e-7)
    said = [tell_amount(one, "level", priced=True) for one in (found.before, found.after)]
    assert found.turned == (found.before * found.after < 0 and said[1][0] in "+-"), "the other sign is seen"
    assert found.turned or abs(found.after) <= abs(found.before)
    windows = scene.windows
    for change in found.changes:
        x_R = windows.x_NTF[:, :, windows.features.index(change.name)][scene.usable_NT]
        low, high = np.nanquantile(x_R, [0.01, 0.99])
        own = change.value
        assert min(low, own) - 1e-6 <= change.needed <= max(high, own) + 1e-6


@pytest.mark.parametrize("ticker", PRICES["ticker"].unique().sort().to_list())
def test_no_input_alone_turns_a_line_by_less_and_none_that_is_changed_could_stay(ticker):
    scene = scene_of("ridge")
    subject = scene.about(ticker, HORIZON)
    found = counterfactual.explain(subject)
    assert found.turned
    (member,), row = scene.forecaster.members, scene.windows.tickers.index(ticker)
    learned, column = member.fitted.learned.arrays, subject.column
    unit = scene.forecaster.calibration.trust_H[column] * scene.windows.unit_NTH[row, -1, column]
    slope_F = unit * learned["slope"][column] / learned["deviation_F"]
    slopes = dict(zip(scene.forecaster.features, slope_F.tolist(), strict=True))
    changed = np.linalg.norm([one.places for one in found.changes])
    side = np.sign(found.before)
    for name, slope in slopes.items():
        x_NT = scene.windows.x_NTF[:, :, scene.windows.features.index(name)]
        known_R = np.sort(x_NT[scene.usable_NT & np.isfinite(x_NT)])
        own = x_NT[row, -1]
        inside_R = known_R[int(0.01 * len(known_R)) : int(0.99 * len(known_R))]
        turned_R = side * (found.before + slope * (inside_R - own)) < -1e-5
        places_R = np.abs(np.searchsorted(known_R, inside_R) - np.searchsorted(known_R, own)) / len(known_R)
        assert changed <= places_R[turned_R].min(initial=1.0) + 0.01
    for one in found.changes:
        without = found.after - slopes[one.name] * (one.needed - one.value)
        assert side * without > -1e-5


def test_several_inputs_turn_a_network_together_without_going_to_the_ends_of_their_range():
    scene = scene_of("lstm")
    turned = [counterfactual.explain(scene.about(ticker, HORIZON)) for ticker in scene.tickers]
    together = [one.changes for one in turned if one.turned and len(one.changes) > 1]
    assert together
    for changes in together:
        assert max(abs(one.places) for one in changes) < 0.9


@pytest.mark.parametrize("ticker", PRICES["ticker"].unique().sort().to_list())
@pytest.mark.parametrize("name", ["lstm", "transformer", "hist_gradient_boosting"])
def test_no_change_by_lot_of_the_same_inputs_turns_it_by_much_less(name, ticker):
    subject = scene_of(name).about(ticker, HORIZON)
    found = counterfactual.explain(subject)
    if not found.turned:
        assert abs(found.after) <= abs(found.before)
        return
    asked, rng = Elsewhere(subject), np.random.default_rng(0)
    moved_F = np.zeros(len(asked.names))
    moved_F[[asked.names.index(one.name) for one in found.changes]] = [one.places for one in found.changes]
    size = np.linalg.norm(moved_F)
    by_lot_KF = moved_F + np.where(moved_F != 0, rng.normal(0, size / 3, (300, len(moved_F))), 0.0)
    tried_KF = by_lot_KF * (0.85 * size / np.linalg.norm(by_lot_KF, axis=1, keepdims=True))
    said_K = asked.say(np.clip(tried_KF, asked.low_F, asked.high_F))
    assert (np.sign(found.before) * said_K > -HAIR[True]).mean() > 0.99


def test_the_most_alike_past_is_known_by_then_and_the_same_window_would_be_the_first():
    scene = scene_of("lstm")
    found = alike.explain(scene.about(TICKER, HORIZON))
    days = PRICES["date"].unique().sort().to_list()
    assert all(one.as_of <= days[-1 - HORIZON] for one in found.found)
    likeness = [one.likeness for one in found.found]
    assert likeness == sorted(likeness, reverse=True)
    assert all(-1 <= one <= 1 + 1e-6 for one in likeness)
    close = {(row["ticker"], row["date"]): row["close"] for row in PRICES.iter_rows(named=True)}
    for one in found.found:
        later = days[days.index(one.as_of) + HORIZON]
        came = np.log(close[one.ticker, later] / close[one.ticker, one.as_of])
        assert one.came == pytest.approx(came, abs=1e-5)


def test_all_of_the_past_is_looked_at_and_what_is_not_alike_is_left_out():
    scene = scene_of("lstm")
    known = int((scene.usable_NT & np.isfinite(scene.windows.y_NTH[:, :, 1]))[:, :-1].sum())
    shown = []
    for ticker in scene.tickers:
        found = alike.explain(scene.about(ticker, HORIZON))
        assert (found.looked_at, found.least) == (known, alike.ALIKE)
        assert all(one.likeness >= alike.ALIKE for one in found.found)
        assert bool(found.found) == (found.best >= alike.ALIKE)
        shown += found.found
    assert shown


def test_of_one_ticker_no_two_windows_that_lie_next_to_each_other_are_told():
    scene = scene_of("lstm")
    for ticker in scene.tickers:
        found = alike.explain(scene.about(ticker, HORIZON)).found
        places = [(one.ticker, scene.windows.sessions.index(one.as_of)) for one in found]
        for place, (one, session) in enumerate(places):
            assert all(abs(session - other) >= alike.APART for who, other in places[:place] if who == one)


@pytest.mark.parametrize("name", ["lstm", "transformer", "ridge"])
def test_the_nearest_windows_are_as_alike_as_the_most_alike_of_all(name):
    """Of all windows of the past, the shares of each compared, which is what it costs too much to do."""
    scene = scene_of(name)
    column = scene.windows.horizons.index(HORIZON)
    known_NT = scene.usable_NT & np.isfinite(scene.windows.y_NTH[:, :, column])
    known_NT[:, -1] = False
    share_RX = share_rows(scene, known_NT, column).share_RLF.reshape(int(known_NT.sum()), -1)
    for ticker in scene.tickers:
        subject = scene.about(ticker, HORIZON)
        own_X = share_rows(scene, subject.rows_NT, column).share_RLF.reshape(-1)
        most = float(alike._likeness(share_RX, own_X).max())
        assert alike.explain(subject).best >= most - 0.05


def test_where_no_past_is_like_it_that_is_said(monkeypatch):
    monkeypatch.setattr(alike, "ALIKE", 1.1)
    found = alike.explain(scene_of("lstm").about(TICKER, HORIZON))
    assert found.found == ()
    lines = "\n".join(other_lines({"alike": found}, priced=True))
    assert f"none moved it like this: the most alike comes to {found.best:.2f}" in lines
    assert (
        f"of {found.looked_at:,} windows of the past the {found.compared} whose inputs lay nearest" in lines
    )


def test_likeness_is_one_for_the_same_and_less_for_the_same_way_with_another_size():
    own = np.array([1.0, 2.0, -1.0])
    likeness = alike._likeness(np.stack([own, own / 2, -own, np.zeros(3)]), own)
    np.testing.assert_allclose(likeness, [1, 0.5, -1, 0])


def test_pushes_of_opposite_sign_do_not_cancel():
    subject = scene_of("lstm").about(TICKER, HORIZON)
    found = moved.moved(attribute(subject))
    for piece in found.pieces:
        assert piece.share == pytest.approx(piece.up + piece.down, abs=1e-9)
        assert piece.down <= 0 <= piece.up


def test_a_reference_says_no_direction_and_its_range_is_explained_by_volatility():
    subject = scene_of("zero").about(TICKER, HORIZON)
    assert not any(one.share for one in moved.explain(subject).pieces)
    scale = moved.moved(attribute(subject, "scale"))
    assert {"usual_volatility", "state_change_5"} <= {one.name for one in scale.pieces}


def test_only_what_is_not_proven_is_said_to_be_not():
    assert tell_unproven("level", 5, ["level", "range"]) == ""
    assert tell_unproven("scale", 5, ["level"]) == (
        "range is not proven at 5 ahead: this explains a number that is not proven"
    )


def test_a_fitted_forecaster_says_the_same_before_and_after_it_was_explained():
    forecaster = fit_small("lstm")
    before = forecaster.predict(PRICES)
    attribute(scene_of("lstm").about(TICKER, HORIZON), "order")
    assert forecaster.predict(PRICES).equals(before)
    assert all(part.requires_grad for one in forecaster.members for part in one.network.parameters())


def test_a_forecast_that_is_written_as_zero_has_no_sign_to_turn():
    scene = scene_of("lstm")
    table = scene.table.with_columns(mean=0.4 * HAIR[True])
    subject = replace(scene, table=table).about(TICKER, HORIZON)
    assert "no sign to turn" in counterfactual.METHOD.excuse(subject)
    assert tell_places(0.001) == "less than 1 %" and tell_places(-0.12) == "12 %"


def test_an_interval_that_is_surely_above_zero_is_written_so():
    found = OfClaim("level", "share", 1.0, ())
    small = Rise("alone", "a", ("a",), 3e-4, 2e-6, 9e-4)
    assert tell_ends(small, found) == ("+0.0002 %", "+0.0900 %")
    unsure = Rise("alone", "a", ("a",), 3e-4, -2e-6, 9e-4)
    assert tell_ends(unsure, found)[1] == "+0.09 %"
