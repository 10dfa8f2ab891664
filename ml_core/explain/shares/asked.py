"""Whoever answers from the session's features and can only be asked, as a model from outside: Shapley values, sampled.

Features are taken over from the row one after another, in orders that are drawn once, each order beginning at another
known row of the past and once turned round. What the answer changes by is the feature's share. So shares and base add
up to what is said, however few orders there are; how features that act together share it is an estimate.
"""

from __future__ import annotations

import numpy as np

from ml_core.baselines import BASELINES, PanelRows
from ml_core.explain.sharing import OutputPart, Question, Shared, Sharing, past_rows
from ml_core.forecaster.members import BaselineMember, Member
from ml_core.spec import choices


def can(member: Member) -> bool:
    """Any that nobody before could share."""
    return isinstance(member, BaselineMember)


def share(member: Member, question: Question) -> Shared:
    assert isinstance(member, BaselineMember)
    view, place = question.view, question.horizon
    asked = PanelRows(view.windows, question.rows_NT, view.features)
    x_RF, names = asked.x_RF, view.features
    if question.part == "scale" and _predict(member, asked)[1] is None:
        said_R = np.full(len(x_RF), member.fitted.deviation_H[place])
        return Shared(names, said_R, said_R, np.zeros((len(x_RF), 1, len(names))))
    usual_PF = past_rows(question)[::2]
    usual_PF = np.repeat(usual_PF, 2, axis=0)
    order_PF = _draw_orders(len(usual_PF), len(names))
    told_RPK = _ask(member, asked, _mix(x_RF, usual_PF, order_PF), question.part, place)
    share_RF = np.zeros(x_RF.shape)
    for number, order_F in enumerate(order_PF):
        share_RF[:, order_F] += np.diff(told_RPK[:, number], axis=1) / len(order_PF)
    base_R, value_R = told_RPK[:, :, 0].mean(axis=1), told_RPK[:, :, -1].mean(axis=1)
    return Shared(names, value_R, base_R, share_RF[:, None])


def _draw_orders(draws: int, features: int) -> np.ndarray:
    """order_PF: each order is followed by itself turned round; the same ones whoever asks."""
    random = np.random.default_rng(0)
    orders = [random.permutation(features) for _ in range((draws + 1) // 2)]
    return np.array([turn for order_F in orders for turn in (order_F, order_F[::-1])])[:draws]


def _mix(x_RF: np.ndarray, usual_PF: np.ndarray, order_PF: np.ndarray) -> np.ndarray:
    """mixed_RPKF: after so many steps K, from the past row to the row itself."""
    steps = np.arange(x_RF.shape[1] + 1)
    rank_PF = np.argsort(order_PF, axis=1)
    taken_PKF = rank_PF[:, None, :] < steps[None, :, None]
    return np.where(taken_PKF[None], x_RF[:, None, None, :], usual_PF[None, :, None, :])


def _ask(
    member: BaselineMember, asked: PanelRows, mixed_RPKF: np.ndarray, part: OutputPart, place: int
) -> np.ndarray:
    """The mean of each mixture, or its scale, at one horizon."""
    question = PanelRows(asked.windows, asked.rows_NT, asked.features)
    vars(question)["x_RF"] = mixed_RPKF.reshape(-1, mixed_RPKF.shape[-1])
    told_RH = _predict(member, question)[part == "scale"]
    assert told_RH is not None
    return told_RH[:, place].reshape(mixed_RPKF.shape[:-1])


def _predict(member: BaselineMember, asked: PanelRows) -> tuple[np.ndarray, np.ndarray | None]:
    """mean_RH and scale_RH; no scale of a model that gives none of its own."""
    return choices.load(BASELINES, member.fitted.name).predict(member.fitted.learned, asked)


SHARING = Sharing(order=5, can=can, share=share)
