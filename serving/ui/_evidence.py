"""The evidence of a version as panels: gate, claims, scores beside baselines, backtest, search, what it reads."""

from __future__ import annotations

from ml_core.registry.account import Backtest
from ml_core.registry.runs import flatten
from ml_core.registry.scores import CoverageRow, FanRow
from ml_core.spec.ensemble import Ensemble
from ml_core.spec.plain import plain
from ml_core.vocabulary import words
from ml_core.vocabulary.words import MONEY, short_percent
from serving.look import markup
from serving.look.markup import Cell, begin, interval, number, panel, table, typeset, write
from serving.messages import Info
from serving.searches import tell_params
from serving.ui._claims import MOST_HORIZONS, show_claims
from serving.ui._features import show_features
from serving.ui._scores import show_scores, whose

SHOWN = 5  # trials of the search
PASSED = Cell("\N{CHECK MARK} passed", look="cc-pass")
REFUSED = Cell("\N{MULTIPLICATION X} refused", look="cc-refuse")
BESIDE = {"benchmark": "buy_and_hold", "equal_weight": "equal_weight", "zero_forecast": "zero_forecast"}


def show_evidence(info: Info) -> str:
    parts = [
        _identity(info),
        _gate(info),
        show_claims(info),
        *show_scores(info),
        _coverage(info),
        _backtest(info),
        _search(info),
        show_features(info.choice),
        _spec(info),
    ]
    return f'<div class="cc-stack">{"".join(part for part in parts if part)}</div>'


def _identity(info: Info) -> str:
    checks, refit = info.gate.checks, info.refit
    passed = sum(check.passed for check in checks)
    back = markup.steps(info.spec.lookback, info.frequency)
    model = ("Model", words.baseline(info.spec.told), f"looks {back} back", "")
    if isinstance(info.spec, Ensemble):
        count = len(info.spec.components)
        model = (
            "Model",
            f"{count} as one",
            f"{words.together(count, info.spec.told)}; looks {back} back",
            "",
        )
    if "reference" in info.aliases:
        model = ("Model", "reference", "how far by volatility, no direction", "")
    entries = [
        ("Version", info.version, f"{', '.join(info.aliases) or 'no alias'} of {info.model}", ""),
        ("Registered", f"{info.created:%d %b %Y}", f"{info.created:%H:%M} UTC", ""),
        model,
        *_times(info),
        ("Data version", str(info.data_version), f"{len(info.tickers)} tickers", ""),
        ("Gate", f"{passed} of {len(checks)}", f"checks {'of the refit ' if refit else ''}passed", ""),
    ]
    if info.oracle:
        best, achieved = (write(one, "correlation") for one in (info.oracle.ic, info.oracle.achieved))
        share = write(info.oracle.recovered, "share")
        by = f" by version {refit.judged}" if refit else ""
        entries.append((f"Planted signal achieved{by}", share, f"IC {achieved} of {best}", ""))
    return markup.cards(entries)


def _times(info: Info) -> list[tuple[str, str, str, str]]:
    """Through when it learned, and the holdout, which of a refit is another's: it learned from that itself."""
    trained, holdout, refit = info.trained, info.holdout, info.refit
    fitted, unseen = f"from {trained.start}", markup.steps(holdout.sessions, info.frequency)
    if not refit:
        return [
            ("Trained to", str(trained.end), fitted, ""),
            ("Holdout to", str(holdout.end), f"{unseen} that no search saw", ""),
        ]
    fitted = f"fitted {fitted} to {trained.end}, calibrated since"
    learned = f"{unseen} that no search saw; this version learned from most of them"
    return [
        ("Learned to", str(refit.through), fitted, ""),
        (
            "Judged as",
            f"version {refit.judged}",
            f"fitted again from version {refit.parent}, not judged itself",
            "",
        ),
        (f"Holdout of version {refit.judged} to", str(holdout.end), learned, ""),
    ]


def _gate(info: Info) -> str:
    rows = [
        [
            begin(check.name),
            PASSED if check.passed else REFUSED,
            typeset(words.judged(check.value, check.required)),
            check.required,
            check.why,
        ]
        for check in info.gate.checks
    ]
    about = "What a candidate has to show on the holdout before it may answer."
    if refit := info.refit:
        about = (
            f"Version {refit.parent}, fitted again through {refit.through}, beside itself on {refit.sessions} sessions "
            f"since {refit.since}. It learned from most of them, so this is no score: it shows whether it still says "
            f"what was judged. All scores and claims below are those of version {refit.judged}."
        )
    return panel("Gate", about, table(("Check", "Verdict", "Value", "Required", "Why"), rows, text=(4,)))


def _coverage(info: Info) -> str:
    """Groups down, horizons across."""
    horizons = info.horizons[:MOST_HORIZONS]
    by_place = {(row.group, row.horizon): row for row in info.coverage}
    rows = [
        [begin(group), *(_held(by_place.get((group, horizon))) for horizon in horizons)]
        for group in dict.fromkeys(row.group for row in info.coverage)
    ]
    inside = {(row.level, row.horizon): row for row in info.fan}
    rows += [
        [f"The middle {short_percent(level)}", *(_held(inside.get((level, horizon))) for horizon in horizons)]
        for level in dict.fromkeys(row.level for row in info.fan)
    ]
    about = (
        f"Share of holdout {words.INSIDE}, and the range that luck would give it. Calm, middle and "
        "wild compare a ticker's volatility, as known at each close, with thirds of its training dates. The middle "
        "50 and 80 % are the darker ranges of the chart."
    )
    head = ("Rows", *(f"{markup.steps(horizon, info.frequency)} ahead" for horizon in horizons))
    return panel(whose(words.HEADINGS["held"], info), about, table(head, rows)) if rows else ""


def _held(row: CoverageRow | FanRow | None) -> Cell | str:
    if row is None:
        return ""
    form = words.metric("coverage").form
    if isinstance(row, FanRow):
        return Cell(write(row.coverage, form), f"{row.rows:,} rows")
    return Cell(write(row.coverage, form), f"{interval(row.low, row.high, form)}, {row.rows:,} rows")


def _backtest(info: Info) -> str:
    risk = info.backtest
    beside = {
        begin(words.ACCOUNTS[label]): account
        for name, label in BESIDE.items()
        if (account := getattr(risk, name))
    }
    # A number that was not kept yet has no row.
    kept = {name: told for name, told in MONEY.items() if name in risk.model_fields_set}
    rows = [
        [
            Cell(begin(told.label), _interval(risk, name)),
            Cell(write(getattr(risk, name), told.form), look="cc-own"),
            *(write(getattr(account, name), told.form) for account in beside.values()),
        ]
        for name, told in kept.items()
    ]
    about = "After costs, on the holdout, beside accounts that need no model."
    head = ("Measure", "Strategy", *beside)
    meanings = [[begin(told.label), told.meaning] for told in kept.values()]
    meant = markup.folded("What these figures mean", table(("Measure", "Meaning"), meanings, text=(1,)))
    return panel(whose("Backtest", info), about, table(head, rows) + meant) if rows else ""


def _interval(risk: Backtest, name: str) -> str:
    if name == "sharpe" and risk.sharpe is None:
        return risk.sharpe_reason or ""
    low, high = (getattr(risk, f"{name}_{end}", None) for end in ("low", "high"))
    told = interval(low, high, MONEY[name].form)
    return f"90 %: {told}" if told else ""


def _search(info: Info) -> str:
    search = info.search
    if not search.trials:  # nobody searched for a reference
        return ""
    families = ", ".join(f"{name} {count}" for name, count in search.families.items())
    objective = words.metric(search.objective).label
    about = (
        f"{search.trials} trials ({search.finished} finished, {search.stopped} stopped early, {search.failed} failed; "
        f"{families}) in {search.seconds:.0f} s, each over {search.folds} folds. Chosen by {objective} "
        "on the folds' test dates."
    )
    rows = [
        [
            Cell(trial.trial, trial.family or ""),
            number(trial.validation),
            number(trial.test),
            str(trial.epochs),
            tell_params(trial.params),
        ]
        for trial in search.head[:SHOWN]
    ]
    head = ("Trial", "Validation", "Test folds", "Epochs", "Parameters")
    return panel(whose("Search", info), about, table(head, rows, text=(4,)) if rows else "")


def _spec(info: Info) -> str:
    flat = [[key, str(value)] for key, value in flatten(plain(info.spec)).items()]
    inner = markup.folded("Show all", table(("Key", "Value"), flat, text=(1,)))
    return panel("Specification", "Everything that determines this model, given the data.", inner)
