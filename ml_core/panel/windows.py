"""Builds the panel from features and prices: the one hand-over from tables to tensors. A window is an index into
it, never a copy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal
from weakref import WeakValueDictionary

import numpy as np
import polars as pl

from ml_core.errors import InvalidInput, NotEnoughData
from ml_core.features.table import FeatureTable, chosen_names, panel_columns
from ml_core.features.target import build_target
from ml_core.panel.origin import PanelOrigin
from ml_core.panel.outcomes import build_outcomes, with_delisting
from ml_core.panel.splits import Span
from ml_core.spec.experiment import Features, Task

ARRAYS = ("x_NTF", "y_NTH", "unit_NTH", "state_NTK", "moved_NT", "present_NT", "member_NT", "close_NT")


@dataclass(frozen=True)
class Windows:
    """The panel of all tickers on one grid of sessions. A window is an index into it, never a copy of it.

    Targets stand in units of the volatility known at each row; `unit_NTH` brings them back to log returns. `moved_NT`
    is the variance that each session's bar tells. A row of a ticker that is not a member of the universe that day may
    be looked back on, and is no row to learn, to score or to forecast.
    """

    tickers: tuple[str, ...]
    sessions: tuple[dt.date, ...]
    features: tuple[str, ...]
    horizons: tuple[int, ...]
    x_NTF: np.ndarray
    y_NTH: np.ndarray
    unit_NTH: np.ndarray
    state_NTK: np.ndarray
    moved_NT: np.ndarray
    present_NT: np.ndarray
    member_NT: np.ndarray
    close_NT: np.ndarray
    target: Literal["return", "excess", "rank"] = "return"
    shared: Mapping[str, np.ndarray] = field(default_factory=dict)
    origin: PanelOrigin | None = None

    def read_as(self, asked: Features) -> Windows:
        """The panel as these features alone would make it, their own warm-up too, from one that was read for more.
        One that was laid by hand is read whole."""
        if self.origin is None or self.origin.serves(asked):
            return self
        wanted = panel_columns(chosen_names(asked, self.origin.columns))
        if lacking := sorted(set(wanted) - {*self.features, *self.origin.left_out}):
            raise InvalidInput(f"features: the panel was not read for {', '.join(lacking)}")
        names = tuple(name for name in wanted if name in self.features)
        if not names:
            raise InvalidInput(f"features: these prices can give none of {', '.join(wanted)}")
        x_NTF = np.ascontiguousarray(self.x_NTF[:, :, [self.features.index(name) for name in names]])
        return replace(
            self,
            features=names,
            x_NTF=x_NTF,
            present_NT=_present(x_NTF, self.unit_NTH, self.close_NT),
            origin=replace(self.origin, features=asked),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Every input that a model may choose: the panel's columns, and those that all tickers share."""
        return (*self.features, *self.shared)

    def sharing(self, columns: Mapping[str, np.ndarray]) -> Windows:
        """The same windows with further inputs, values_T by name, that are the same for every ticker."""
        sharing = replace(self, shared={**self.shared, **columns})
        vars(sharing)["_chosen"] = self._chosen  # the panel is the same
        return sharing

    @cached_property
    def _chosen(self) -> WeakValueDictionary[tuple[str, ...], np.ndarray]:
        """Choices of the panel's columns that are in use: the seeds of a fold share one copy."""
        return WeakValueDictionary()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_chosen"}

    def cut(self, first: int, last: int) -> Windows:
        """The sessions from one place to another, both included, as views: no row is copied, or knows less."""
        part = slice(first, last + 1)
        arrays = {name: getattr(self, name)[:, part] for name in ARRAYS}
        shared = {name: value_T[part] for name, value_T in self.shared.items()}
        return replace(self, sessions=self.sessions[part], shared=shared, origin=None, **arrays)

    def inputs(self, names: tuple[str, ...]) -> np.ndarray:
        """x_NTF of these inputs: the panel itself where they are its columns, else one copy for all who use it."""
        if names == self.features:
            return self.x_NTF
        if (known_NTF := self._chosen.get(names)) is not None:
            return known_NTF
        chosen_NTF = np.empty((*self.x_NTF.shape[:2], len(names)), dtype=self.x_NTF.dtype)
        for place, name in enumerate(names):
            own = name in self.features
            chosen_NTF[:, :, place] = (
                self.x_NTF[:, :, self.features.index(name)] if own else self.shared[name][None, :]
            )
        if not set(names) & set(self.shared):
            self._chosen[names] = chosen_NTF
        return chosen_NTF

    @cached_property
    def first_N(self) -> np.ndarray:
        """The first row of each ticker that is warmed up and has a close."""
        return np.where(self.present_NT.any(axis=1), self.present_NT.argmax(axis=1), len(self.sessions))

    @property
    def open_NT(self) -> np.ndarray:
        """Rows of members that are warmed up and have a close."""
        return self.present_NT & self.member_NT

    @cached_property
    def step_NT(self) -> np.ndarray:
        """The one-session outcome that ended at each session, in the target's own terms: known at its close."""
        ended_NT = np.full(self.close_NT.shape, np.nan)
        rows_NT = None if self.target == "return" else self.member_NT  # its own past is no comparison
        ended_NT[:, 1:] = build_target(self.close_NT, (1,), self.target, rows_NT=rows_NT)[:, :-1, 0]
        return ended_NT

    def usable(self, lookback: int) -> np.ndarray:
        """usable_NT: a window of this look-back may end here. Gaps inside it count as average days."""
        begins = np.arange(len(self.sessions)) - (lookback - 1)
        return self.open_NT & (begins[None, :] >= self.first_N[:, None])

    def usable_sessions(self, lookback: int) -> list[dt.date]:
        """The sessions on which at least one window may end."""
        return [self.sessions[place] for place in np.flatnonzero(self.usable(lookback).any(axis=0))]

    def rows(self, span: Span) -> np.ndarray:
        """inside_T: which sessions lie in the span."""
        sessions = np.asarray(self.sessions, dtype="datetime64[D]")
        inside_T = (sessions >= np.datetime64(span.start)) & (sessions <= np.datetime64(span.end))
        for hole in span.without:
            inside_T &= ~self.rows(hole)
        return inside_T

    def to_table(self, rows_NT: np.ndarray, **columns_NTH: np.ndarray) -> pl.DataFrame:
        """(ticker, as_of, horizon, …) for the chosen rows, ordered by ticker, date and horizon."""
        ticker, session = np.nonzero(rows_NT)
        many = len(self.horizons)
        return pl.DataFrame(
            {
                "ticker": pl.Series(self.tickers, dtype=pl.String).gather(ticker.repeat(many)),
                "as_of": np.asarray(self.sessions, dtype="datetime64[D]")[session].repeat(many),
                "horizon": np.tile(np.asarray(self.horizons, dtype=np.int32), len(ticker)),
                **{
                    name: values[ticker, session].reshape(-1).astype(np.float64)
                    for name, values in columns_NTH.items()
                },
            },
            schema_overrides={"as_of": pl.Date},
        ).with_columns(pl.selectors.float().fill_nan(None))


def build_windows(
    prices: pl.DataFrame, built: FeatureTable, task: Task, *, origin: PanelOrigin | None = None
) -> Windows:
    """Lay prices and features on one grid. Rows are sorted, so the order of the input does not matter."""
    tickers = tuple(sorted(prices["ticker"].unique().to_list()))
    sessions = tuple(prices["date"].unique().sort().to_list())
    if len(sessions) < 2:
        raise NotEnoughData(f"{len(sessions)} session of prices; expected at least 2")
    x_NTF = np.full((len(tickers), len(sessions), len(built.names)), np.nan, dtype=np.float32)
    dates, number = pl.Series(sessions, dtype=pl.Date), {name: place for place, name in enumerate(tickers)}
    for block in built.blocks():  # of one ticker each
        here_T = dates.search_sorted(block["date"]).to_numpy()
        x_NTF[number[block["ticker"][0]], here_T] = block.select(built.names).to_numpy()
    place = (
        pl.Series(tickers).search_sorted(prices["ticker"]).to_numpy(),
        dates.search_sorted(prices["date"]).to_numpy(),
    )
    bars = [name for name in ("open", "high", "low", "close") if name in prices.columns]
    bars_NT = {name: np.full(x_NTF.shape[:2], np.nan) for name in bars}
    for name, column_NT in bars_NT.items():
        column_NT[place] = prices[name].to_numpy()
    close_NT = bars_NT["close"]
    member_NT = np.ones(close_NT.shape, dtype=bool)
    if "member" in prices.columns:
        member_NT[...] = False
        member_NT[place] = prices["member"].to_numpy()
    ended_NT = with_delisting(close_NT, prices, tickers)
    made = build_outcomes(bars_NT, ended_NT, member_NT & np.isfinite(close_NT), task)
    return Windows(
        tickers=tickers,
        sessions=sessions,
        features=built.names,
        horizons=task.horizons,
        x_NTF=x_NTF,
        y_NTH=made.y_NTH,
        unit_NTH=made.unit_NTH,
        state_NTK=made.state_NTK,
        moved_NT=made.moved_NT,
        present_NT=_present(x_NTF, made.unit_NTH, close_NT),
        member_NT=member_NT,
        close_NT=close_NT,
        target=task.target,
        origin=origin,
    )


def _present(x_NTF: np.ndarray, unit_NTH: np.ndarray, close_NT: np.ndarray) -> np.ndarray:
    """Rows that are warmed up, with a unit to tell the target in and a close."""
    return _warmed_up(x_NTF) & np.isfinite(unit_NTH[:, :, 0]) & np.isfinite(close_NT)


def _warmed_up(x_NTF: np.ndarray) -> np.ndarray:
    """From each ticker's first row with every feature on. A feature that is missing later, for want of one open
    price say, counts as average and costs no session."""
    complete_NT = np.stack([np.isfinite(x_TF).all(axis=1) for x_TF in x_NTF])
    return np.maximum.accumulate(complete_NT, axis=1)
