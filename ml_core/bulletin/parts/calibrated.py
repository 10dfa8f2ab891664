"""Whether forecasts mean what they say, and whether intervals hold what they promise: over all, by year, by state."""

from __future__ import annotations

import polars as pl

from ml_core.bulletin.pictures import picture
from ml_core.bulletin.replay import Replay
from ml_core.bulletin.subject import ReportSubject
from ml_core.evaluation.coverage import COVERAGE
from ml_core.evaluation.deciles import measure_deciles
from ml_core.evaluation.metrics import LEVEL
from ml_core.portfolio.opening import horizon_of
from ml_core.registry.evidence import Evidence
from ml_core.reporting.calibration import draw_coverage, draw_deciles
from ml_core.reporting.document.document import Block, Missing, Paragraph, Section, table_of
from ml_core.vocabulary import words

TITLE = "Does it mean what it says"
NAMES = {"all": "all", "volatility": "when prices are", "year": "in"}
PROMISED = words.short_percent(LEVEL)
MOST_AHEAD = 4


def tell_calibration(subject: ReportSubject, again: Replay) -> Section:
    evidence, origin = subject.evidence, subject.then("models", "--json", named=False)
    if evidence is None:
        return Section(
            TITLE, (Missing("Calibration", "nothing was judged yet.", subject.spell("search")),), origin
        )
    blocks = [*_intervals(subject, evidence), *_means(subject, again)]
    return Section(TITLE, tuple(blocks), origin)


def _intervals(subject: ReportSubject, evidence: Evidence) -> list[Block]:
    origin = subject.then("models", "--json", named=False)
    rows = [one for one in evidence.coverage if one.split == "holdout"]
    if not rows:
        return [Missing("Coverage of the intervals", "this version kept none.")]
    ahead = sorted({one.horizon for one in rows})
    shown = ahead if len(ahead) <= MOST_AHEAD else [*ahead[: MOST_AHEAD - 1], ahead[-1]]
    table = pl.DataFrame([one.model_dump() for one in rows], schema_overrides=COVERAGE)
    whole = [one for one in rows if one.by == "all"]
    told = "; ".join(f"{one.horizon} ahead {words.write(one.coverage, 'share')}" for one in whole)
    drawn = picture(
        draw_coverage(table),
        "coverage",
        f"How many outcomes the {PROMISED} intervals held; bars: where the true share may lie",
        f"A point for each horizon beside a line at {PROMISED}: {told}.",
        origin,
        height=3.4,
    )
    listed = [
        {
            "ahead": f"{one.horizon}",
            "of": f"{NAMES.get(one.by, one.by)} {one.group}".replace("all all", "all sessions"),
            "sessions": f"{one.sessions}",
            "inside": words.write(one.coverage, "share"),
            "90 %": words.interval(one.low, one.high, "share"),
            "half width": words.write(one.width, "share"),
        }
        for one in rows
        if one.horizon in shown
    ]
    promised = (
        f"An interval promises to hold {PROMISED} of outcomes, in every year, in calm as in wild times."
    )
    return [
        Paragraph(promised),
        table_of("What intervals held, by year and by state of the market", listed, origin),
        drawn,
    ]


def _means(subject: ReportSubject, again: Replay) -> list[Block]:
    if again.forecasts is None:
        return [Missing("Forecast beside outcome, by tenths", again.why)]
    horizon = horizon_of(subject.experiment)
    means = again.forecasts.filter(horizon=horizon)["mean"]
    if means.drop_nulls().n_unique() < 2:
        return [
            Missing(
                "Forecast beside outcome, by tenths", "it says the same of everything: it gives no direction."
            )
        ]
    deciles = measure_deciles(again.forecasts)
    ends = deciles.filter(horizon=horizon).sort("bin")
    low, high = (ends.row(at, named=True) for at in (0, -1))
    told = (
        f"The lowest tenth said {words.percent(low['predicted'])} and {words.percent(low['realized'])} came; the "
        f"highest said {words.percent(high['predicted'])} and {words.percent(high['realized'])} came."
    )
    drawn = picture(
        draw_deciles(deciles, horizon=horizon),
        "tenths",
        "What was forecast and what came, by tenths of the forecast; bars: where the true mean may lie",
        f"Ten points with bars beside a line. {told}",
        subject.reported(),
        height=3.6,
    )
    return [Paragraph(told), drawn]
