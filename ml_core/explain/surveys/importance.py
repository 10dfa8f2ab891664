"""What a model would lose without an input: by how much the loss of each claim rises on sessions that it did not learn
from, when the input's values are exchanged over dates and tickers in whole blocks (permutation importance; Breiman
2001, Fisher, Rudin and Dominici 2019).

Inputs that say nearly the same are exchanged together; beside them stands each alone, and each group of features. The
width of intervals stays that which was served: they would learn from the harm, and hide it. Intervals of the rise are
drawn by blocks of dates, and wide enough that all of a list hold together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from ml_core.claims.case import Case
from ml_core.claims.kind import LiveTest, asked_live, load_claim
from ml_core.evaluation.bootstrap import interval, resample_weights
from ml_core.evaluation.metrics import DEVIATIONS
from ml_core.evaluation.rows import CROSS_SECTION, ScoredRows, rows_of
from ml_core.explain.kin import find_groups, find_kin, measure_strength, tell_bundle
from ml_core.explain.shuffling import Exchange, draw_exchange
from ml_core.explain.spoken import tell
from ml_core.explain.stretch import NO_FEATURES, Stretch
from ml_core.explain.survey import Survey
from ml_core.forecaster.calibration import blend
from ml_core.forecaster.component import MeanAndScale
from ml_core.forecaster.members import View
from ml_core.forecaster.volatility import scale_of

REPEATS, RESAMPLES, TOGETHER = 5, 4000, 0.9
Exchanged: TypeAlias = Literal["together", "alone", "group"]
KINDS: tuple[Exchanged, ...] = ("together", "alone", "group")
ListedInputs: TypeAlias = tuple[Exchanged, str, tuple[str, ...]]


@dataclass(frozen=True)
class Rise:
    """By how much the loss rises without these inputs, and where the true rise lies. `together`: inputs with their kin,
    or one that has none; `alone`: one that has kin, without them; `group`: a group of features."""

    kind: Exchanged
    words: str
    names: tuple[str, ...]
    rise: float
    low: float
    high: float

    @property
    def members(self) -> str:
        """The inputs of a bundle, each in words; empty of one that stands alone or a group."""
        bundled = self.kind == "together" and len(self.names) > 1
        return ", ".join(map(tell, self.names)) if bundled else ""

    @property
    def surely(self) -> bool:
        """Whether luck is not enough to explain it."""
        return self.low > 0


@dataclass(frozen=True)
class OfClaim:
    """The rises of one claim's loss, the largest of each kind first. `of`: what `rise` is, a share of the loss
    or an amount of rank IC; `loss`: of the model as it is."""

    claim: str
    of: Literal["share", "rank IC"]
    loss: float
    rises: tuple[Rise, ...]

    def of_kind(self, kind: Exchanged) -> tuple[Rise, ...]:
        return tuple(one for one in self.rises if one.kind == kind)


@dataclass(frozen=True)
class InputImportance:
    """`silent`: of a claim that is not told of, why. `level`: how sure it is that all intervals of a list hold."""

    horizon: int
    first: str
    last: str
    dates: int
    rows: int
    seed: int
    repeats: int
    level: float
    claims: dict[str, OfClaim]
    silent: dict[str, str]


def excuse(stretch: Stretch) -> str:
    return "" if stretch.reads_features else NO_FEATURES


def explain(
    stretch: Stretch, horizon: int, seed: int, kinds: Collection[Exchanged] = KINDS
) -> InputImportance:
    """Of these kinds: each list is drawn and paid for by itself, so that one is the same without the others."""
    asked = _Asked(stretch, horizon, seed)
    lists = [one for one in _lists(stretch, asked.strength) if one[0] in kinds]
    silent = {name: load_claim(name).excuse(asked.case, horizon) for name in asked_live()}
    told = {name: live for name, live in asked_live().items() if not silent[name]}
    risen = {names: asked.risen(names, told) for names in dict.fromkeys(names for _, _, names in lists)}
    days = asked.table["as_of"]
    return InputImportance(
        horizon,
        f"{days.min()}",
        f"{days.max()}",
        days.n_unique(),
        asked.table.height,
        seed,
        REPEATS,
        TOGETHER,
        {name: _sum_up(asked, name, live, lists, risen) for name, live in told.items()},
        {name: why for name, why in silent.items() if why},
    )


def _lists(stretch: Stretch, strength: Mapping[str, float]) -> list[ListedInputs]:
    """What is exchanged together, in words and by name; kin by the strongest of them."""
    kin, groups = find_kin(stretch), find_groups(stretch.names)
    together: list[ListedInputs] = [("together", tell_bundle(names, strength), names) for names in kin]
    alone: list[ListedInputs] = [
        ("alone", tell(one), (one,)) for names in kin if len(names) > 1 for one in names
    ]
    of_group: list[ListedInputs] = [
        ("group", name.replace("_", " "), names) for name, names in groups.items()
    ]
    return [*together, *alone, *of_group]


class _Asked:
    """The model, asked of the rows of the stretch with inputs exchanged."""

    def __init__(self, stretch: Stretch, horizon: int, seed: int) -> None:
        self.stretch, self.column, self.seed, self.horizon = stretch, stretch.column(horizon), seed, horizon
        windows, calibration = stretch.windows, stretch.forecaster.calibration
        rows_NT = stretch.asked_NT
        usable_NT = windows.usable(stretch.forecaster.lookback)
        needed_NT = calibration.rows_needed(windows, usable_NT, rows_NT)
        own = stretch.answer(stretch.views, needed_NT)
        mean_NTH, reach_NTH = calibration.apply(windows, *own)
        self.places_NT = rows_NT & np.isfinite(mean_NTH + reach_NTH)[:, :, self.column]
        self.mean_NTH = mean_NTH
        self.width_NTH = reach_NTH / self._blend(own[1])
        self.table = windows.to_table(
            self.places_NT,
            mean=mean_NTH * windows.unit_NTH,
            scale=reach_NTH * windows.unit_NTH / DEVIATIONS,
            lower=(mean_NTH - reach_NTH) * windows.unit_NTH,
            upper=(mean_NTH + reach_NTH) * windows.unit_NTH,
            realized=windows.y_NTH.astype(float) * windows.unit_NTH,
        ).filter(pl.col("horizon") == horizon)
        self.rows = rows_of(self.table)

    @cached_property
    def case(self) -> Case:
        return Case(self.table, {})

    @cached_property
    def strength(self) -> dict[str, float]:
        names = self.stretch.names
        x_RF = np.stack([self.stretch.values(name)[self.places_NT] for name in names], axis=1)
        return measure_strength(x_RF, names, self.mean_NTH[self.places_NT][:, self.column])

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The same for all inputs, so that they are told apart by what they are and not by the draw."""
        lookback = self.stretch.forecaster.lookback
        sessions = np.flatnonzero(self.stretch.asked_NT.any(axis=0))
        part = slice(max(0, int(sessions[0]) - lookback + 1), int(sessions[-1]) + 1)
        tickers = len(self.stretch.windows.tickers)
        drawn = [np.random.default_rng([self.seed, place]) for place in range(REPEATS)]
        return tuple(draw_exchange(tickers, part, lookback=lookback, rng=rng) for rng in drawn)

    def risen(self, names: tuple[str, ...], claims: dict[str, LiveTest]) -> dict[str, np.ndarray]:
        """rise_T of the loss of each claim without these inputs, the mean over several exchanges."""
        by_claim: dict[str, list[np.ndarray]] = {name: [] for name in claims}
        for exchange in self.exchanges:
            rows = self._rows(self.stretch.changed(dict.fromkeys(names, exchange)))
            for name, live in claims.items():
                by_claim[name].append(loss_of(live, rows) - loss_of(live, self.rows))
        return {name: np.mean(rises, axis=0) for name, rises in by_claim.items()}

    def _rows(self, views: tuple[View, ...]) -> ScoredRows:
        """The same rows under what the model says of these inputs."""
        mean_NTH, scale_NTH = self._calibrated(self.stretch.answer(views, self.places_NT))
        said = {"mean": mean_NTH, "scale": scale_NTH / DEVIATIONS}
        unit_R = self.stretch.windows.unit_NTH[self.places_NT][:, self.column]
        values = {name: part[self.places_NT][:, self.column] * unit_R for name, part in said.items()}
        return self.rows.with_forecast(
            {name: part.astype(float)[self.rows.order] for name, part in values.items()}
        )

    def _calibrated(self, answer: MeanAndScale) -> MeanAndScale:
        mean_NTH, scale_NTH = answer
        trusted_NTH = self.stretch.forecaster.calibration.trust_H * mean_NTH
        return trusted_NTH, self._blend(scale_NTH) * self.width_NTH

    def _blend(self, scale_NTH: np.ndarray) -> np.ndarray:
        calibration = self.stretch.forecaster.calibration
        return blend(
            scale_NTH, scale_of(self.stretch.windows.state_NTK, calibration.slope_HJ), calibration.share
        )


def loss_of(live: LiveTest, rows: ScoredRows) -> np.ndarray:
    """loss_T of a claim on each date; of a correlation only where there are tickers enough, one that ranks nothing has
    none."""
    parts = live.metric.split(rows)
    assert parts is not None and parts.loss_T is not None
    return np.nan_to_num(parts.loss_T[rows.counts >= CROSS_SECTION]) if live.ranks else parts.loss_T


def _sum_up(
    asked: _Asked,
    claim: str,
    live: LiveTest,
    lists: list[ListedInputs],
    risen: dict[tuple[str, ...], dict[str, np.ndarray]],
) -> OfClaim:
    """Each rise with its interval. A list of as many is paid for, so that all of it holds together."""
    own_T = loss_of(live, asked.rows)
    horizon = -(-asked.horizon // asked.stretch.step)
    weight_RT = resample_weights(len(own_T), seed=asked.seed, horizon=horizon, resamples=RESAMPLES)
    unit_R = weight_RT @ own_T if live.is_share else np.full(RESAMPLES, float(len(own_T)))
    unit = float(own_T.sum()) if live.is_share else float(len(own_T))
    many = {kind: sum(one == kind for one, _, _ in lists) for kind, _, _ in lists}
    rises = []
    for kind, words, names in lists:
        rise_T = risen[names][claim]
        low, high = interval(weight_RT @ rise_T / unit_R, level=1 - (1 - TOGETHER) / many[kind])
        rises.append(Rise(kind, words, names, float(rise_T.sum()) / unit, low, high))
    ranked = sorted(rises, key=lambda one: (KINDS.index(one.kind), -one.rise))
    sign = 1.0 if live.is_share else -1.0
    return OfClaim(claim, "share" if live.is_share else "rank IC", sign * float(own_T.mean()), tuple(ranked))


SURVEY = Survey(
    about="what each claim would lose without an input, or without a group of them",
    excuse=excuse,
    tell=explain,
)
