"""Which features a fit takes: on training dates only, by group, what lasts before what is strong once, no copies."""

from dataclasses import replace

import numpy as np
import pytest

from ml_core.features.selection import Candidates, judge_features, select_features
from ml_core.forecaster.files import load_forecaster, save_forecaster
from ml_core.panel.splits import Span
from ml_core.spec.experiment import Features, Reading, RunSpec
from ml_core.training.choice import choose_features, choose_inputs
from ml_core.training.fit import fit
from ml_core.walkforward.opening import open_windows, plan_folds
from tests.market import simulate_prices, small_experiment

TICKERS, SESSIONS, FEATURES = 8, 400, 6
NAMES = ("one", "copy", "two", "noise", "late", "shared")
GROUPS = {"one": "a", "copy": "a", "two": "a", "noise": "b", "late": "b", "shared": "c"}


def panel(*, tickers: int = TICKERS, seed: int = 0, link: float = 0.3) -> Candidates:
    """Of two years. `one` and `two` drive the outcome in both, `late` in the second alone, `shared` does by date."""
    rng = np.random.default_rng(seed)
    x_NTF = rng.standard_normal((tickers, SESSIONS, FEATURES)).astype(np.float32)
    x_NTF[:, :, 1] = x_NTF[:, :, 0] + 0.05 * rng.standard_normal((tickers, SESSIONS))
    x_NTF[:, :, 5] = x_NTF[:1, :, 5]
    second_T = np.arange(SESSIONS) >= SESSIONS // 2
    y_NT = link * (x_NTF[:, :, 0] + 0.7 * x_NTF[:, :, 2] + x_NTF[:, :, 4] * second_T + x_NTF[:, :, 5])
    y_NT += rng.standard_normal((tickers, SESSIONS))
    rows_NT = np.ones((tickers, SESSIONS), bool)
    return Candidates(x_NTF[:, :, :5], x_NTF[0, :, 5:], y_NT, rows_NT, 2000 + second_T.astype(int))


def chosen(given: Candidates, count: int, keep: tuple[str, ...] = ()) -> list[str]:
    return [one.feature for one in select_features(given, NAMES, groups=GROUPS, count=count, keep=keep)]


@pytest.mark.parametrize("tickers", [1, 3, 8])
def test_what_drives_the_outcome_is_found_and_noise_is_not(tickers):
    ic_F, stability_F, years = judge_features(panel(tickers=tickers, link=0.5))
    assert years == 2
    assert (stability_F[[0, 2, 5]] > 2).all()
    assert stability_F[3] < 2
    assert (ic_F[[0, 2, 5]] > 0.1).all()


def test_across_tickers_an_information_coefficient_is_the_mean_correlation_of_the_dates():
    given = panel()
    expected = np.mean(
        [np.corrcoef(given.x_NTF[:, day, 0], given.y_NT[:, day])[0, 1] for day in range(SESSIONS)]
    )
    assert judge_features(given)[0][0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("tickers", [1, 4, 8])
def test_tickers_without_a_row_to_learn_from_and_sessions_between_have_no_say(tickers):
    given = panel(tickers=tickers)
    rng = np.random.default_rng(1)
    held_out = slice(60, 120)
    rows_NT, x_NTF, y_NT = given.rows_NT.copy(), given.x_NTF.copy(), given.y_NT.copy()
    rows_NT[:, held_out] = False
    alone = judge_features(Candidates(x_NTF, given.shared_TF, y_NT, rows_NT, given.year_T))
    x_NTF[:, held_out], y_NT[:, held_out] = 100 * x_NTF[:, held_out], 100 * y_NT[:, held_out]
    later = rng.standard_normal((1, SESSIONS, 5)).astype(np.float32)
    among = Candidates(
        np.concatenate([x_NTF, later]),
        given.shared_TF,
        np.concatenate([y_NT, rng.standard_normal((1, SESSIONS))]),
        np.concatenate([rows_NT, np.zeros((1, SESSIONS), bool)]),
        given.year_T,
    )
    for mine, theirs in zip(alone, judge_features(among), strict=True):
        np.testing.assert_allclose(mine[:5], theirs[:5], rtol=1e-4) if np.ndim(mine) else None


def test_what_holds_in_one_year_only_counts_less_than_what_lasts():
    _, stability_F, _ = judge_features(panel())
    assert stability_F[4] < 2 < stability_F[0]


def test_one_year_alone_is_judged_by_the_error_within_it():
    given = panel()
    first = given.during(slice(0, SESSIONS // 2))
    _, stability_F, years = judge_features(first)
    assert years == 1
    assert stability_F[3] < 3 < stability_F[0]


def test_of_near_copies_one_is_taken():
    assert len({"one", "copy"} & set(chosen(panel(), 6))) == 1


def test_each_group_has_its_turn_yet_noise_does_not_come_before_a_second_that_lasts():
    assert [GROUPS[name] for name in chosen(panel(), 2)] == ["a", "c"]
    assert {"two", "shared"} < set(chosen(panel(), 3))


def test_what_the_experiment_names_is_always_kept():
    assert {"noise", "copy"} <= set(chosen(panel(), 3, keep=("noise", "copy")))
    assert set(chosen(panel(), 1, keep=("noise", "copy"))) == {"noise", "copy"}


def test_rows_outside_the_training_dates_change_nothing():
    given = panel()
    given.rows_NT[:, 300:] = False
    before = select_features(given, NAMES, groups=GROUPS, count=4)
    given.y_NT[:, 300:] *= -50
    given.x_NTF[:, 300:] += 9
    given.shared_TF[300:] = np.nan
    assert select_features(given, NAMES, groups=GROUPS, count=4) == before


def test_missing_values_are_no_evidence():
    given = panel()
    given.x_NTF[::2, ::3, 0] = np.nan
    given.y_NT[1::2, 1::4] = np.nan
    ic_F, stability_F, _ = judge_features(given)
    assert np.isfinite([ic_F, stability_F]).all()
    assert stability_F[0] > 3


def test_a_forecaster_tells_which_features_it_took_and_why(tmp_path):
    experiment = small_experiment(features={"groups": ["momentum"], "names": ["volatility_5"], "select": 5})
    windows, _ = open_windows(experiment.spec, simulate_prices(sessions=420))
    split = plan_folds(experiment, windows)[0]
    forecaster = fit(experiment.spec, windows, split)
    assert tuple(one.feature for one in forecaster.choice) == forecaster.features
    assert len(forecaster.choice) == 5
    assert [one.feature for one in forecaster.choice if one.asked] == ["volatility_5"]
    assert {one.group for one in forecaster.choice} == {"momentum", "volatility"}
    assert all(one.years >= 1 and one.stability is not None for one in forecaster.choice)
    save_forecaster(forecaster, tmp_path)
    assert load_forecaster(tmp_path).choice == forecaster.choice


def test_what_comes_after_the_training_dates_changes_neither_the_choice_nor_the_regimes():
    spec = small_experiment(
        features={"groups": ["momentum", "volatility"], "names": ["regime_turbulence"], "select": 6}
    ).spec
    windows, _ = open_windows(spec, simulate_prices(sessions=700))
    train = Span(windows.sessions[300], windows.sessions[500])
    later_T = np.asarray(windows.sessions) > train.end
    rng = np.random.default_rng(5)
    x_NTF, y_NTH = windows.x_NTF.copy(), windows.y_NTH.copy()
    y_NTH[:, later_T] = rng.standard_normal(y_NTH[:, later_T].shape)
    x_NTF[:, later_T] = y_NTH[:, later_T, :1] + 0.1 * rng.standard_normal(x_NTF[:, later_T].shape)
    changed = choose_inputs(spec, replace(windows, x_NTF=x_NTF, y_NTH=y_NTH), train)
    given = choose_inputs(spec, windows, train)
    assert changed.choice == given.choice
    assert given.regimes is not None
    assert str(changed.regimes) == str(given.regimes)


def test_all_or_the_named_ones_alone_are_taken_without_a_choice():
    experiment = small_experiment()
    windows, _ = open_windows(experiment.spec, simulate_prices())
    split = plan_folds(experiment, windows)[0]
    assert (
        tuple(one.feature for one in choose_features(experiment.spec, windows, split.train)) == windows.names
    )
    spec = RunSpec(reading=Reading(features=Features(select="all")))
    choice = choose_features(spec, windows, split.train)
    assert tuple(one.feature for one in choice) == windows.names
    assert {one.stability for one in choice} == {None}
