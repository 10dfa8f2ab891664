"""Shares are those that captum and shap find on the same learner."""

import numpy as np
import pytest
import shap
import torch
from captum.attr import IntegratedGradients

from ml_core.baselines import Lesson, PanelRows
from ml_core.baselines._trees import draw_rows, stack_trees
from ml_core.baselines.random_forest import Config as ForestConfig
from ml_core.baselines.random_forest import export_trees as forest_trees
from ml_core.baselines.random_forest import grow as grow_forest
from ml_core.baselines.xgboost import Config as BoostConfig
from ml_core.baselines.xgboost import export_trees as boost_trees
from ml_core.baselines.xgboost import grow as grow_boost
from ml_core.explain.shares.gradients import integrate
from ml_core.explain.shares.trees import read_leaves, share_leaves
from ml_core.explain.sharing import Question, share
from ml_core.panel.splits import Span, Split
from ml_core.spec.experiment import Task
from tests.contracts.explained import PRICES, fit_small, scene_of
from tests.contracts.networks import NAMES, batch_of, network_of
from tests.market import read_windows

SMOOTH = [
    name for name in NAMES if name not in ("tcn", "informer")
]  # a rectifier's kinks need more points of captum


CLOSELY = 1e-5  # of what is shared: hardly any piece is left that misses something


def learned_network(family: str):
    """As after some training: no bias is zero, so that no layer norm stands where it is not smooth."""
    network, drawn = network_of(family), torch.Generator().manual_seed(2)
    with torch.no_grad():
        for part in network.parameters():
            part += 0.1 * torch.randn(part.shape, generator=drawn)
    return network.requires_grad_(False)


def last_mean(network):
    return lambda x_BLF: network(x_BLF, last=1)[0][:, 0, 1]


@pytest.mark.parametrize("family", SMOOTH)
def test_networks_share_as_captum_does(family):
    network, x_BLF = learned_network(family), batch_of(6, 4, steps=12)
    _, _, ours = integrate(network, x_BLF, torch.ones(6, dtype=torch.long), scale=False, missed=CLOSELY)
    peer = IntegratedGradients(last_mean(network)).attribute(
        x_BLF, baselines=torch.zeros_like(x_BLF), n_steps=400, method="gausslegendre"
    )
    np.testing.assert_allclose(ours, peer.numpy(), atol=1e-4)


@pytest.mark.parametrize("family", NAMES)
def test_few_points_add_up_and_lie_near_what_many_would_find(family):
    network, x_BLF = learned_network(family), batch_of(6, 4, steps=12)
    asked = network, x_BLF, torch.ones(6, dtype=torch.long)
    value_B, base_B, few_BLF = integrate(*asked, scale=False)
    _, _, many_BLF = integrate(*asked, scale=False, missed=CLOSELY)
    np.testing.assert_allclose(few_BLF.sum(axis=(1, 2)), value_B - base_B, atol=1e-6)
    assert np.corrcoef(few_BLF.ravel(), many_BLF.ravel())[0, 1] > 0.99


def test_networks_share_as_the_expected_gradients_of_shap_do():
    network, x_BLF = learned_network("lstm"), batch_of(3, 4, steps=12)
    _, _, ours = integrate(network, x_BLF, torch.ones(3, dtype=torch.long), scale=False)

    class Last(torch.nn.Module):
        def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
            return last_mean(network)(x_BLF)[:, None]

    explainer = shap.GradientExplainer(Last(), torch.zeros_like(x_BLF[:1]))
    peer = np.asarray(explainer.shap_values(x_BLF, nsamples=4000, rseed=1)).reshape(ours.shape)
    np.testing.assert_allclose(ours, peer, atol=5e-3)  # shap draws where on the way it looks
    assert np.corrcoef(ours.ravel(), peer.ravel())[0, 1] > 0.999


@pytest.fixture(scope="module")
def rows():
    windows = read_windows(PRICES, Task(horizons=(1, 3)))
    days = windows.sessions
    split = Split(0, Span(days[40], days[140]), Span(days[145], days[190]), Span(days[195], days[-1]))
    return draw_rows(Lesson(windows, split, 8, windows.features), 1, most=5000)


@pytest.mark.parametrize("kind", ["forest", "boosted"])
def test_trees_share_as_shap_does_against_the_same_rows(rows, kind):
    grown = (
        grow_forest(ForestConfig(trees=20, leaf=20), rows, 0)
        if kind == "forest"
        else grow_boost(BoostConfig(trees=20), rows, 0.0, 0)
    )
    trees = forest_trees(grown) if kind == "forest" else boost_trees(grown)
    x_RF, usual_PF = rows.x_watch_WF[:12].astype(np.float32), rows.x_RF[:30].astype(np.float32)
    base, ours = share_leaves(
        read_leaves(stack_trees([trees], [0.0]), 0), x_RF.astype(float), usual_PF.astype(float)
    )
    explainer = shap.TreeExplainer(grown, usual_PF, feature_perturbation="interventional")
    np.testing.assert_allclose(ours, explainer.shap_values(x_RF, check_additivity=False), atol=1e-6)
    np.testing.assert_allclose(base, np.ravel(explainer.expected_value)[0], atol=1e-6)


def test_a_line_shares_as_shap_does():
    scene = scene_of("ridge")
    (view,), (member,) = scene.views, fit_small("ridge").members
    rows_NT = scene.usable_NT.copy()
    rows_NT[:, :-1] = False
    ours = share(member, Question(view, rows_NT, 1, "mean", scene.usable_NT))
    learned = member.fitted.learned.arrays
    x_RF = PanelRows(view.windows, rows_NT, view.features).x_RF
    slope_F = learned["slope"][1] / learned["deviation_F"]
    level = learned["level"][1] - float(slope_F @ learned["mean_F"])
    masker = shap.maskers.Independent(np.tile(learned["mean_F"], (2, 1)).astype(float))
    peer = shap.LinearExplainer((slope_F, level), masker).shap_values(x_RF)
    np.testing.assert_allclose(ours.share_RLF[:, 0], peer, atol=1e-6)
