"""Reads back every search that was ever made for an experiment, from the table of all trials."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_core.home.settings import Home
from ml_core.registry.archive import Kept, read_archive
from ml_core.registry.ledgers import find_ledgers, read_trials
from ml_core.registry.searched import Searched
from ml_core.registry.trials import Params
from ml_core.spec.experiment import Experiment
from ml_core.spec.plain import plain
from tuning.points import complete
from tuning.ranking import Ranking, measure_luck, rank_trials
from tuning.space import build_space, holds

SURVIVORS = 3


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
    for kept in read_archive(home, experiment.model_name):
        ranking = rank_trials(experiment, kept.trials)
        past.append(PastSearch(_name(home, kept), ranking, Searched(**measure_luck(kept.trials, ranking))))
    return past


def _name(home: Home, kept: Kept) -> str:
    aside = (home.searches / kept.search / f"ledger-{kept.begun}.jsonl").exists()
    return f"{kept.search}/ledger-{kept.begun}" if aside else kept.search


def find_survivors(experiment: Experiment, home: Home, *, but: str) -> list[Params]:
    """The best params of the newest other search that still lie in the space: a search on new data tries them early.
    Their scores are of other dates and are left behind, and so are their weights."""
    space = build_space(experiment)
    for file in find_ledgers(home.searches, experiment.model_name):
        if file.parent.name == but:
            continue
        ranked = rank_trials(experiment, read_trials(file)).trials
        finished = [one.trial.params for one in ranked if one.trial.test_score is not None]
        if finished:
            whole = (complete(experiment, space, params) for params in finished)
            return [params for params in whole if holds(space, params)][:SURVIVORS]
    return []


def as_table(past: list[PastSearch]) -> pl.DataFrame:
    """A row a trial; the params as JSON, the curve as the scores of its epochs, `seeds` as what each reached."""
    rows = [
        {
            "search": search.name,
            **{key: value for key, value in one.row().items() if key != "params"},
            "params": json.dumps({key: value for key, value in one.trial.params.items() if key != "family"}),
            "curve": json.dumps([epoch["score"] for epoch in one.trial.history]),
            "seeds": json.dumps(one.trial.result.get("seeds", [])),
        }
        for search in past
        for one in search.ranking.trials
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
