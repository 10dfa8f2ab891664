"""Reads back every search that was ever made for an experiment, from the ledgers that none of them deletes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_core.home.settings import Home
from ml_core.registry.searched import Searched
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain
from tuning.ledger import find_ledgers, read_trials
from tuning.ranking import Ranking
from tuning.search import measure_luck, rank_trials


@dataclass(frozen=True)
class PastSearch:
    """One search: its name, its trials the best first, and how much of the best may be luck."""

    name: str
    ranking: Ranking
    luck: Searched

    def plain(self) -> dict[str, Any]:
        luck = {key: getattr(self.luck, key) for key in ("trials", "independent", "overfitting", "chance")}
        return {"search": self.name, **luck, "ledger": plain(self.ranking.rows(len(self.ranking.trials)))}


def read_past(experiment: Experiment, home: Home) -> list[PastSearch]:
    """The newest first. What was begun afresh since stands under the name of its file."""
    past = []
    for file in find_ledgers(home.searches, experiment.model_name):
        if not (trials := read_trials(file)):
            continue
        ranking = rank_trials(experiment, trials)
        name = file.parent.name if file.stem == "ledger" else f"{file.parent.name}/{file.stem}"
        past.append(PastSearch(name, ranking, Searched(**measure_luck(trials, ranking))))
    return past


def as_table(past: list[PastSearch]) -> pl.DataFrame:
    """A row a trial; the params as JSON, the curve as the scores of its epochs."""
    rows = [
        {
            "search": search.name,
            **{key: value for key, value in one.row().items() if key != "params"},
            "params": json.dumps({key: value for key, value in one.trial.params.items() if key != "family"}),
            "curve": json.dumps([epoch["score"] for epoch in one.trial.history]),
        }
        for search in past
        for one in search.ranking.trials
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
