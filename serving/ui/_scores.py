"""The scores of a version on the holdout, beside each baseline on the same rows: one table a horizon."""

from __future__ import annotations

from ml_core.evaluation.metrics import find_metric, metric_names
from ml_core.registry.scores import Beside, Score
from ml_core.vocabulary import words
from serving.look import markup
from serving.look.markup import Cell, begin, interval, panel, table, typeset, write
from serving.messages import Info

FIRST = ("zero", "mean", "last", "ewma", "ridge")


def show_scores(info: Info) -> list[str]:
    """One table per horizon, the first unfolded: metrics down, the model and each baseline across, on the same rows."""
    baselines = sorted({name for row in info.scores for name in row.beside}, key=_place)
    head = ("Metric", "Model", *(begin(words.baseline(name)) for name in baselines))
    panels = []
    for horizon in info.horizons:
        rows = {row.metric: row for row in info.scores if row.horizon == horizon and row.ticker == "*"}
        shown = [_score(rows[name], baselines) for name in metric_names() if name in rows]
        if shown:
            first = next(iter(rows.values()))
            about = (
                f"{first.sessions} sessions, {first.rows:,} forecasts. Under the model its 90 % interval. Under "
                "each baseline, on the same rows, the share of its error that the model takes away, and p: "
                "how often luck alone gives such a lead."
            )
            ahead = markup.steps(horizon, info.frequency)
            title = f"{whose('Holdout scores', info)}, {ahead} ahead"
            inner = table(head, shown) if not panels else markup.folded("Scores", table(head, shown))
            panels.append(panel(title, "" if panels else about, inner))
    return panels


def whose(title: str, info: Info) -> str:
    """A refit learned from the holdout: what was measured there is of the version that was judged, and says so."""
    return f"{title} of version {info.refit.judged}" if info.refit else title


def _place(name: str) -> tuple[int, str]:
    """The cheap ones first, as they are mostly read; further ones by name."""
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def _score(row: Score, baselines: list[str]) -> list[Cell | str]:
    told = words.metric(row.metric)
    others = [row.beside.get(baseline, Beside()) for baseline in baselines]
    return [
        Cell(begin(told.label), words.BETTER[find_metric(row.metric).better]),
        Cell(write(row.value, told.form), row.why or interval(row.low, row.high, told.form), "cc-own"),
        *(Cell(write(other.value, told.form), _lead(row.metric, other)) for other in others),
    ]


def _lead(metric: str, other: Beside) -> str:
    """Skill and p. How far a share of outcomes lies from its level can be next to nothing by chance: a share of that
    says nothing."""
    skill = other.skill if find_metric(metric).better != "level" else None
    return typeset(words.lead(skill, other.p))
