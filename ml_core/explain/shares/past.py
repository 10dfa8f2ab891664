"""Whoever reads no features but the ticker's own past: Shapley values of stretches of it, over all orders of them.

In a stretch that is taken away every session moved as far as sessions of that ticker usually do, up and down in turn.
There are five stretches, so that all 32 choices of them are asked and nothing is drawn. The volatility in which the
answer is told stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np

from ml_core.baselines import features_read
from ml_core.explain.sharing import Question, Shared, Sharing
from ml_core.forecaster.members import BaselineMember, Member
from ml_core.panel.windows import Windows

STRETCHES = (
    (0, 1),
    (1, 5),
    (5, 22),
    (22, 66),
    (66, 10**6),
)  # sessions back: a day, a week, a month, a quarter, all
NAMES = ("past_day", "past_week", "past_month", "past_quarter", "past_before")


def can(member: Member) -> bool:
    return isinstance(member, BaselineMember) and features_read(member.fitted.name) == "none"


def share(member: Member, question: Question) -> Shared:
    assert isinstance(member, BaselineMember)
    told = [_share_row(member, question, *place) for place in np.argwhere(question.rows_NT).tolist()]
    value_R, base_R, share_RF = (np.array(part) for part in zip(*told, strict=True))
    return Shared(NAMES, value_R, base_R, share_RF[:, None])


def _share_row(
    member: BaselineMember, question: Question, ticker: int, session: int
) -> tuple[float, float, np.ndarray]:
    """What is said, what would be said of usual days, and what each stretch adds."""
    many = len(STRETCHES)
    choices = [chosen for size in range(many + 1) for chosen in combinations(range(many), size)]
    windows = question.view.windows
    told = ask_mixed(member, question, _mix(windows, ticker, session, choices))
    said = dict(zip(choices, told.tolist(), strict=True))
    share_F = np.zeros(many)
    for chosen in choices:
        weight = factorial(len(chosen)) * factorial(many - len(chosen) - 1) if len(chosen) < many else 0
        for one in set(range(many)) - set(chosen):
            more = tuple(sorted((*chosen, one)))
            share_F[one] += weight / factorial(many) * (said[more] - said[chosen])
    return said[choices[-1]], said[()], share_F


def ask_mixed(member: BaselineMember, question: Question, mixed: Windows) -> np.ndarray:
    """What is said of the last session of each mixture."""
    rows_NT = np.zeros(mixed.close_NT.shape, dtype=bool)
    rows_NT[:, -1] = True
    outputs = member.fitted.outputs(mixed, rows_NT, question.view.features)
    return outputs[question.part == "scale"][:, -1, question.horizon].astype(np.float64)


def _mix(windows: Windows, ticker: int, session: int, choices: list[tuple[int, ...]]) -> Windows:
    """The ticker up to that session once for each choice of stretches that are left to it."""
    own = replace(windows.cut(0, session), shared={}, origin=None)
    copies = [ticker] * len(choices)
    names = ("x_NTF", "unit_NTH", "state_NTK", "present_NT", "member_NT", "close_NT", "moved_NT", "y_NTH")
    mixed = replace(
        own,
        tickers=(own.tickers[ticker],) * len(choices),
        **{name: getattr(own, name)[copies] for name in names},
    )
    kept_NT = _kept(np.isfinite(own.close_NT[ticker]), choices)
    step_NT = np.where(kept_NT, own.step_NT[ticker], _usual(own.step_NT[ticker]))
    moved_NT = np.where(kept_NT, mixed.moved_NT, np.nanmean(own.moved_NT[ticker].astype(np.float64)))
    mixed = replace(
        mixed,
        moved_NT=np.where(np.isfinite(mixed.moved_NT), moved_NT, np.nan).astype(np.float32),
        y_NTH=_outcomes(mixed, step_NT, kept_NT).astype(np.float32),
    )
    vars(mixed)["step_NT"] = step_NT  # copies of one ticker are no market to be compared with
    return mixed


def _kept(known_T: np.ndarray, choices: list[tuple[int, ...]]) -> np.ndarray:
    """kept_NT: the sessions that each choice leaves as they were, counted back by the ticker's own bars."""
    back_T = known_T[::-1].cumsum()[::-1] - 1
    kept_NT = np.zeros((len(choices), len(known_T)), dtype=bool)
    for row_T, chosen in zip(kept_NT, choices, strict=True):
        for number in chosen:
            first, last = STRETCHES[number]
            row_T |= (back_T >= first) & (back_T < last)
    return kept_NT


def _usual(step_T: np.ndarray) -> np.ndarray:
    """A move of the usual size at each session that had one, up and down in turn."""
    known_T = np.isfinite(step_T)
    size = float(np.sqrt(np.mean(step_T[known_T] ** 2))) if known_T.any() else 0.0
    turn_T = np.where(known_T.cumsum() % 2 == 0, size, -size)
    return np.where(known_T, turn_T, np.nan)


def _outcomes(mixed: Windows, step_NT: np.ndarray, kept_NT: np.ndarray) -> np.ndarray:
    """y_NTH of those steps, whose sums outcomes are. A rank is no sum: it stays where the session that ends it does,
    and is that of the middle elsewhere."""
    level_NT = np.cumsum(np.nan_to_num(step_NT), axis=1)
    y_NTH, sessions = np.full_like(mixed.y_NTH, np.nan), len(mixed.sessions)
    for column, horizon in enumerate(mixed.horizons):
        if horizon >= sessions:
            continue
        if mixed.target == "rank":
            own_NT = mixed.y_NTH[:, :-horizon, column]
            y_NTH[:, :-horizon, column] = np.where(kept_NT[:, horizon:], own_NT, 0.0)
        else:
            moved_NT = level_NT[:, horizon:] - level_NT[:, :-horizon]
            y_NTH[:, :-horizon, column] = moved_NT / mixed.unit_NTH[:, :-horizon, column]
    return y_NTH


SHARING = Sharing(order=4, can=can, share=share)
