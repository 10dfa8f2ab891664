"""What shap finds of the same fitted members, asked as its documents ask it: networks by expected gradients, trees by
TreeSHAP against the same rows of the past, lines by what they are linear in."""

from collections.abc import Callable
from typing import Any

import numpy as np
import shap
import torch
from shap.maskers import Independent

from ml_core.baselines import PanelRows
from ml_core.explain.sharing import Question, past_rows
from ml_core.forecaster.members import BaselineMember, Member
from ml_core.forecaster.networks import NetworkMember
from ml_core.models.head import ForecastNetwork

SAMPLES = 200  # its own default


def share(member: Member, question: Question) -> np.ndarray:
    """share_RLF of the mean at the first horizon, lag 0 the last session."""
    if isinstance(member, NetworkMember):
        return _of_network(member.network.eval(), inputs_of(member, question))
    assert isinstance(member, BaselineMember)
    arrays = member.fitted.learned.arrays
    way: Callable[..., np.ndarray] = _of_line if "slope" in arrays else _of_trees
    view = question.view
    return way(arrays, PanelRows(view.windows, question.rows_NT, view.features).x_RF, question)[:, None]


def inputs_of(member: NetworkMember, question: Question) -> torch.Tensor:
    """x_RLF: the windows that end at the asked rows."""
    ticker_R, session_R = map(torch.from_numpy, np.nonzero(question.rows_NT))
    lookback = question.view.reading.lookback
    return question.view.layout.inputs_of(ticker_R, session_R, lookback=lookback, scaler=member.scaler)


def _of_network(network: ForecastNetwork, x_RLF: torch.Tensor) -> np.ndarray:
    """From the average training day, as ours."""

    class Last(torch.nn.Module):
        def forward(self, x_BLF: torch.Tensor) -> torch.Tensor:
            return network(x_BLF, last=1)[0][:, 0, :1]

    average: Any = torch.zeros_like(x_RLF[:1])
    explainer = shap.GradientExplainer(Last(), average)
    found = np.asarray(explainer.shap_values(x_RLF, nsamples=SAMPLES, rseed=0))
    return found.reshape(x_RLF.shape)[:, ::-1]


def _of_line(arrays: dict[str, np.ndarray], x_RF: np.ndarray, _: Question) -> np.ndarray:
    slope_F = arrays["slope"][0] / arrays["deviation_F"]
    level = arrays["level"][0] - float(slope_F @ arrays["mean_F"])
    masker = Independent(np.tile(arrays["mean_F"], (2, 1)).astype(float))
    return shap.LinearExplainer((slope_F, level), masker).shap_values(x_RF)


def _of_trees(arrays: dict[str, np.ndarray], x_RF: np.ndarray, question: Question) -> np.ndarray:
    """The trees that the member holds, in the form that shap reads of any library."""
    ends = [*arrays["root"][1:], len(arrays["feature"])]
    trees = [_tree(arrays, int(root), int(end)) for root, end in zip(arrays["root"], ends, strict=True)]
    explainer = shap.TreeExplainer(
        {"trees": trees}, past_rows(question), feature_perturbation="interventional"
    )
    return np.asarray(explainer.shap_values(x_RF, check_additivity=False)).reshape(x_RF.shape)


def _tree(arrays: dict[str, np.ndarray], root: int, end: int) -> dict[str, np.ndarray]:
    own = slice(root, end)
    left, right = arrays["left"][own] - root, arrays["right"][own] - root
    leaf = left == np.arange(len(left))
    left, right = np.where(leaf, -1, left), np.where(leaf, -1, right)
    return {
        "children_left": left,
        "children_right": right,
        "children_default": np.where(arrays["missing_left"][own] > 0, left, right),
        "features": np.where(leaf, -2, arrays["feature"][own]),
        "thresholds": arrays["threshold"][own],
        "values": arrays["value"][own][:, None],
        "node_sample_weight": np.ones(len(left)),
    }
