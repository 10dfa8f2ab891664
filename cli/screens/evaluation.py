"""Prints what a walk through time found: scores beside every baseline, where intervals held, and what trading would
have come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from cli.screens.money import account_rows, notes, sweep_rows
from cli.screens.versions import score_row
from cli.terminal import Terminal
from ml_core.evaluation.paths import PATH, spread_over_paths
from ml_core.portfolio.comparison import STRATEGY, Comparison
from ml_core.registry.scores import Score, tell_unmeasured
from ml_core.reporting.information import pick_horizons
from ml_core.spec.experiment import Experiment
from ml_core.vocabulary import words

if TYPE_CHECKING:
    from ml_core.walkforward.judging import Evaluation

MOST = 4  # horizons on the screen; files hold them all
TOLD = ("direction", "ic", "rank_ic", "coverage")


def print_evaluation(terminal: Terminal, experiment: Experiment, evaluation: Evaluation) -> None:
    terminal.table(
        score_rows(_without_paths(evaluation.scores)),
        title=f"{experiment.name}: {words.SKILL} (Diebold-Mariano p)",
    )
    for line in tell_unmeasured(map(Score.model_validate, evaluation.scores.to_dicts())):
        terminal.warn(line)
    spread = spread_over_paths(evaluation.scores, evaluation.risk)
    terminal.table(path_rows(spread, experiment), title="over the backtest paths of the combinatorial splits")
    terminal.table(
        coverage_rows(_without_paths(evaluation.coverage)),
        title=f"{words.CHECKS['coverage']}: {words.INSIDE}",
    )
    money = {split: one for split, one in evaluation.money.items() if not split.startswith(PATH)}
    terminal.table(money_rows(money), title="what trading the forecasts came to")
    terminal.table(cost_rows(money))
    for note in dict.fromkeys(note for one in money.values() for note in notes(one)):
        terminal.say(note)


def score_rows(scores: pl.DataFrame, *, most: int = MOST) -> list[dict[str, str]]:
    """One row per split and horizon (a few, the nearest and the farthest among them), with what was scored."""
    rows = [Score.model_validate(row) for row in scores.filter(pl.col("ticker") == "*").to_dicts()]
    groups = sorted({(row.split, row.horizon) for row in rows}, key=_place)
    shown = pick_horizons(sorted({horizon for _, horizon in groups}), most)
    told = []
    for split, horizon in groups:
        own = {row.metric: row for row in rows if (row.split, row.horizon) == (split, horizon)}
        if horizon in shown:
            counts = {"sessions": str(own["mse"].sessions), "rows": str(own["mse"].rows)}
            told.append({"split": split, **score_row(horizon, own, **counts)})
    return told


def coverage_rows(coverage: pl.DataFrame, *, most: int = MOST) -> list[dict[str, str]]:
    """One row per split and horizon: over all rows, by how volatile the ticker was, and by year."""
    shown = pick_horizons(coverage["horizon"].unique().sort().to_list(), most)
    groups = dict.fromkeys(coverage.sort("by", "group", maintain_order=True)["group"])
    rows = {(row["split"], row["horizon"], row["group"]): row for row in coverage.iter_rows(named=True)}
    return [
        {
            "split": split,
            "ahead": str(horizon),
            "sessions": str(rows[split, horizon, "all"]["sessions"]),
            **{
                group: words.write(rows.get((split, horizon, group), {}).get("coverage"), "share")
                for group in groups
            },
        }
        for split, horizon in sorted({(split, horizon) for split, horizon, _ in rows}, key=_place)
        if horizon in shown
    ]


def money_rows(money: Mapping[str, Comparison]) -> list[dict[str, str]]:
    """The accounts of every split: the strategy and what stands beside it, on the same sessions."""
    return [
        {"split": split if not place else "", "sessions": str(one.risk[STRATEGY]["scored"]), **row}
        for split, one in money.items()
        for place, row in enumerate(account_rows(one))
    ]


def cost_rows(money: Mapping[str, Comparison]) -> list[dict[str, str]]:
    """What costs leave of the strategy, split by split."""
    return [{"split": split, **row} for split, one in money.items() for row in sweep_rows(one)]


def path_rows(spread: pl.DataFrame, experiment: Experiment) -> list[dict[str, str]]:
    """The main metrics at the nearest horizons, the error's skill, and the risk, as they spread over the paths."""
    nearest = experiment.task.horizons[:2]
    skills = [one for one in spread["measure"].unique() if one.startswith("mse skill")]
    wanted = spread.filter(
        pl.col("horizon").is_null()
        | (pl.col("horizon").is_in(list(nearest)) & pl.col("measure").is_in([*TOLD, *skills]))
    )
    return [
        {
            "measure": words.measure(row["measure"]).label,
            "ahead": "" if row["horizon"] is None else str(row["horizon"]),
            "paths": str(row["paths"]),
            "sessions": str(row["sessions"]),
            **{name: words.write(row[name], words.measure(row["measure"]).form)
               for name in ("mean", "deviation", "least", "median", "most")},
        }
        for row in wanted.iter_rows(named=True)
    ]  # fmt: skip


def _without_paths(table: pl.DataFrame) -> pl.DataFrame:
    """What is told split by split; many paths are told as a spread instead."""
    return table.filter(~pl.col("split").str.starts_with(PATH))


def _place(group: tuple[str, int]) -> tuple[bool, str, int]:
    """The holdout after all else."""
    return group[0] == "holdout", *group
