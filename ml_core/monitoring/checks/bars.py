"""Bars: sessions that have closed and are not stored, tickers whose bars stand still, bars that were refused."""

from __future__ import annotations

import datetime as dt

import polars as pl

from ml_core.data.age import count_behind
from ml_core.data.past import newest_session
from ml_core.data.store.findings import count_bars
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.scene import WatchScene

BEHIND = 1  # sessions; the refresh of the last one may still be due
STILL = 5  # sessions without a bar: a holiday of one ticker, or a halt, is over by then
RECENT = 5  # sessions whose refused bars are counted
REFUSED = 0.05  # of the bars of those sessions


def look(scene: WatchScene) -> list[Finding]:
    """The experiment's feed as a whole, and each ticker that stands still."""
    order = scene.order
    newest = newest_session(order.experiment, order.home)
    assert newest is not None, "a look is at bars that are stored"
    behind = count_behind(order.experiment, newest, now=scene.now)
    missing = Finding(
        "missing sessions",
        behind,
        BEHIND,
        f"{behind} sessions have closed since {newest}, the last that is stored",
    )
    return [missing, _refused(scene), *_standing_still(scene)]


def _standing_still(scene: WatchScene) -> list[Finding]:
    """A finding for each ticker that has fewer bars than the others lately; nothing told of those that have them."""
    spans = scene.order.store.bars.spans(scene.order.experiment.universe.tickers)
    dates = _dates(scene)
    findings = []
    for ticker, (_, last, _) in sorted(spans.items()):
        behind = sum(1 for day in dates if day > last)
        if behind:
            told = f"{ticker} has no bar after {last}, and others have {behind} sessions since"
            findings.append(Finding(f"{ticker} stands still", behind, STILL, told))
    return findings


def _refused(scene: WatchScene) -> Finding:
    last = _dates(scene)[-RECENT:]
    tickers = scene.order.experiment.universe.tickers
    findings = scene.order.store.findings.read(tickers).filter(
        pl.col("verdict") == "quarantine", pl.col("date") >= last[0]
    )
    share = count_bars(findings) / (len(tickers) * len(last))
    named = ", ".join(findings["ticker"].unique().sort().head(5))
    told = f"{share:.1%} of the bars of the last {len(last)} sessions were refused" + (named and f": {named}")
    return Finding("refused bars", share, REFUSED, told)


def _dates(scene: WatchScene) -> list[dt.date]:
    """Sessions on which any ticker has a bar lately, however seldom the task asks."""
    rows = scene.order.store.bars.read(
        scene.order.experiment.universe.tickers, since=scene.sessions[-1] - dt.timedelta(days=90)
    )
    return rows["date"].unique().sort().to_list()
