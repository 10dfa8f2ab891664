"""What every figure is called and how its number is written, once, for the command line, the app, the reports and the
gate. It imports nothing, so that whoever only needs a word starts fast.

Numbers come in plain characters; the app sets them with a true minus (`serving/look/markup.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

# change: with its sign, of a return. ratio: two decimals. correlation: three. number: four digits that count.
Form = Literal["change", "share", "ratio", "correlation", "number", "count"]
DECIMALS = {"ratio": 2, "correlation": 3, "count": 0}
MISSING = "-"
INSIDE = "outcomes inside the 90 % interval"
SKILL = "skill: the share of a baseline's squared error that the model takes away, on the same rows"
COST = "cost, bp a side"
ODDS = "p, all paid for"
SOURCE, EXPERIMENT = "source of bars", "experiment, digest"  # of what determines a version
BETTER = {"lower": "lower is better", "higher": "higher is better", "level": "at the interval's level"}


@dataclass(frozen=True)
class Measure:
    """A label in lower case, the form of its number, and what it means for who sees it first."""

    label: str
    form: Form
    meaning: str = ""


MONEY = {
    "cumulative": Measure("total return", "change", "what the account gained or lost in all"),
    "annual_return": Measure("annual return", "change", "the same a year, compounded"),
    "volatility": Measure("annual volatility", "share", "deviation of the returns, scaled to a year"),
    "sharpe": Measure("Sharpe ratio", "ratio", "mean return over volatility, both a year; no interest is taken off"),
    "probabilistic_sharpe": Measure(
        "probabilistic Sharpe ratio", "share", "chance that the true Sharpe ratio is above 0"
    ),
    "deflated_sharpe": Measure(
        "deflated Sharpe ratio", "share", "chance that it is above what the best of all trials shows by luck"
    ),
    "sortino": Measure("Sortino ratio", "ratio", "as the Sharpe ratio, over the deviation of losses alone"),
    "calmar": Measure("Calmar ratio", "ratio", "annual return over the maximum drawdown"),
    "max_drawdown": Measure("maximum drawdown", "change", "the deepest fall of the account below an earlier peak"),
    "max_drawdown_sessions": Measure("longest drawdown, sessions", "count", "the longest time below a peak"),
    "win_rate": Measure("win rate", "share", "sessions with a gain, of those with a gain or a loss"),
    "var": Measure("value at risk, 95 %", "share", "the loss that one session in 20 exceeds"),
    "cvar": Measure("expected shortfall, 95 %", "share", "the mean loss of those sessions"),
    "skew": Measure("skewness", "ratio", "negative: large losses are likelier than large gains"),
    "annual_turnover": Measure("annual turnover, x equity", "ratio", "value bought and sold in a year"),
    "exposure": Measure("exposure", "share", "positions, long and short, as a share of the equity"),
    "break_even_cost_bps": Measure(
        "break-even cost, bp a side", "ratio", "the cost of trading that would take all of the gain"
    ),
}  # fmt: skip
FURTHER_LOSS, FURTHER_MEAN = "value at risk, 99 %", "expected shortfall, 99 %"
WORST = "worst session"
ACCOUNTS = {
    "strategy": "strategy",
    "buy_and_hold": "buy and hold",
    "equal_weight": "equal weight",
    "zero_forecast": "zero forecast",
}
ORIGINS = {  # where an account's money came from
    "market": "the market, at the average beta",
    "timing": "more of the market when it rose",
    "choice": "which tickers",
    "long": "what was held long",
    "short": "what was held short",
    "costs": "costs of trading",
}
_METRICS = {
    "direction": Measure("directional accuracy", "share"),
    "mape": Measure("MAPE", "share"),
    "ic": Measure("IC", "correlation"),
    "rank_ic": Measure("rank IC", "correlation"),
    "icir": Measure("ICIR", "ratio"),
    "pinball": Measure("pinball loss", "number"),
    "coverage": Measure("interval coverage", "share"),
}
RANK_IC = _METRICS["rank_ic"].label
CLAIMS = {  # what a forecast says, in the order in which people ask
    "level": "level: where the price goes",
    "order": "order: which goes better than which",
    "range": "range: how far it may go",
    "money": "money: that trading it pays",
}
USES = {  # what a reader does with a claim, if it is proven
    "level": "rely on the expected move",
    "order": "prefer what ranks high to what ranks low",
    "range": "rely on the range for how far a price may go",
    "money": "trade by it",
}
MEANINGS = {  # what it means that a claim is proven, for who knows no code, beside the rules that it faced
    "level": "the moves that it expected came closer to what happened than those of {rules}",
    "order": "what it put higher did better than what it put lower, more so than with {rules}",
    "range": "the ranges that it gave told better how far prices went than {rules}",
    "money": "buying and selling by it earned more, at the same risk and after costs, than {rules}",
}
_SWINGS, _TREES = (
    "common ways to measure how prices swing",
    "chains of yes-or-no questions to the same inputs",
)
RULES = {  # whom a claim faces, for who knows no code; those of one kind share their words
    "zero": "no move",
    "mean": "the average move of the past",
    "last": "the last move again",
    "ewma": "the average of the latest moves",
    "ridge": "a weighted sum of the same inputs",
    "sarima": "a weighted sum of a price's own latest moves",
    "garch": _SWINGS,
    "gjr_garch": _SWINGS,
    "log_har": _SWINGS,
    "random_forest": _TREES,
    "hist_gradient_boosting": _TREES,
    "xgboost": _TREES,
    "no order": "no order at all",
    "luck": "the best of as many tries by luck",
    "buy_and_hold": "buying and keeping",
    "equal_weight": "holding all in equal parts",
}
BASE = "where no input tells anything"  # what is said there, beside which each input pushes
TENTHS = "tenth of the forecasts, lowest to highest"
TAKEN = {  # what is taken away, to see what it was worth
    "together": "each input, with those that say nearly the same",
    "alone": "each of those alone, while its kin stay",
    "group": "each group of features",
}
EXCHANGED = (
    "its values are exchanged over dates and tickers in whole blocks, {repeats} times; intervals are wide enough that "
    "all of a list hold together {level} of the time"
)
COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
HEADINGS = {  # those that more than one page has
    "looked": "What it looked at",
    "lost": "What it would lose without an input",
    "turned": "What would have turned it",
    "alike": "The past that moved it most like this",
    "origins": "Where the money came from",
    "held": "Where the intervals held",
    "determines": "What determines it",
    "again": "How to get the same again",
}
LIMITS = {
    "past": "The past proves nothing about a future that works otherwise. These are statistics, not investment advice.",
    "simulated": "The market is made up. What is found here was planted or is luck; no real price is any the wiser.",
    "luck": "What such a stretch cannot part from luck stays unproven, even where it is true.",
}
CHECKS = {  # of the gate, by what must hold: the names by which a version's evidence keeps them
    "coverage": _METRICS["coverage"].label,
    "leaks": "leak audit",
    "proven": "a claim proven",
    "more": "more than who sits there",
    "less": "nothing less than who sits there",
    "overfitting": "probability of overfitting",
    "earlier": "the first verdict on this holdout",
    "near": "near its parent",
    "speaks": "a direction as its parent's",
    "holds": "coverage kept",
}
REFUSALS = {  # what a refused version is told of each: what did not hold
    "leaks": "something knew the future",
    "proven": "nothing is proven",
    "more": "it proves no more than who sits there",
    "less": "it is surely worse than who sits there",
    "overfitting": "its search may have found luck alone",
    "earlier": "a stricter gate refused it on this holdout",
    "near": "its forecasts are far from its parent's",
    "speaks": "its direction is not its parent's",
    "holds": "its intervals hold too few outcomes",
}


def required(claim: str) -> str:
    """The check of a claim without which an experiment promotes nobody."""
    return f"{claim} proven"


def refusal(check: str) -> str:
    """That this check of the gate, by its name, was not passed. One that an experiment requires is named by its claim,
    `order proven`; one of an earlier candorcast by itself."""
    told = next((REFUSALS[key] for key in REFUSALS if CHECKS[key] == check), None)
    claim = check.removesuffix(required(""))
    return told or (f"{claim} is not proven" if claim != check else f"not passed: {check}")


def metric(name: str) -> Measure:
    """Of a metric; one that has no word of its own is spelled in capitals. What it means, it says itself."""
    return _METRICS.get(name) or Measure(name.replace("_", " ").upper(), "number")


def measure(name: str) -> Measure:
    """Of a metric, a figure of money, or a metric's skill against a baseline, as `mse skill against zero`."""
    own, _, beside = name.partition(" skill against ")
    if beside:
        return Measure(f"{metric(own).label} skill vs {baseline(beside)}", "change")
    return MONEY.get(name) or metric(name)


def baseline(name: str) -> str:
    """A baseline, or a family of networks, in words."""
    return name.replace("_", " ")


def named(told: str, names: Iterable[str]) -> str:
    """A sentence that names baselines and accounts as they are spelled in files, with their words instead."""
    for name in sorted({one for one in names if "_" in one}, key=len, reverse=True):
        told = told.replace(name, ACCOUNTS.get(name) or baseline(name))
    return told


def together(count: int, told: str) -> str:
    """So many trials of a search, and how much each counts."""
    return f"{COUNTS.get(count, str(count))} trials answer as one: {baseline(told)}"


def claim(name: str) -> str:
    """A claim with what it says."""
    return CLAIMS[name]


def said(name: str) -> str:
    """What a claim says, without its name."""
    return CLAIMS[name].partition(": ")[2]


def use(name: str) -> str:
    """What one who believes the claim does."""
    return USES[name]


def meaning(name: str, rules: str) -> str:
    """What is known where the claim is proven beside these rules."""
    return MEANINGS[name].format(rules=rules)


def rules(names: Iterable[str]) -> str:
    """Simple rules in plain words; one that somebody brought, by its name."""
    return listed(list(dict.fromkeys(RULES.get(name) or f"the rule {baseline(name)}" for name in names)))


def listed(names: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def count(number: int, one: str, more: str = "") -> str:
    """1 trial, 14 trials."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def stretch_told(first: str, last: str, dates: int) -> str:
    """The sessions that something was asked of."""
    return f"{dates} sessions that it did not learn from, {first} to {last}"


def standing(told: str, p: float | None) -> str:
    """Whether a claim is proven, with the p that was paid for."""
    return told if told == "not asked" or p is None else f"{told} ({odds(p)})"


def write(value: Any, form: Form) -> str:
    """A figure in its form."""
    if value is None or not math.isfinite(value):
        return MISSING
    if form in ("change", "share"):
        return percent(value, digits=1, sign=form == "change")
    if form == "number":
        return number(value)
    return f"{value:,.{DECIMALS[form]}f}"


def interval(low: float | None, high: float | None, form: Form) -> str:
    """Both ends, in brackets; empty where there is none."""
    return f"[{write(low, form)}, {write(high, form)}]" if low is not None else ""


def move(value: float | None, *, priced: bool, digits: int = 2) -> str:
    """What a forecast says. Where its target is a return, a price follows from it and it is told as the change of that;
    where it is one of tickers beside each other (`priced` is false), as the number it is."""
    if value is None or not math.isfinite(value):
        return MISSING
    return percent(math.expm1(value), digits=digits) if priced else f"{value:+.4f}"


def reach(low: float | None, high: float | None, *, priced: bool) -> str:
    """Both ends of a forecast's interval, in brackets."""
    return f"[{move(low, priced=priced)}, {move(high, priced=priced)}]"


def percent(value: float | None, *, digits: int = 2, sign: bool = True) -> str:
    """0.0123 as +1.23 %; what is shown as zero has no sign."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{100 * value:{'+' if sign else ''}.{digits}f}"
    return f"{text.lstrip('+-') if float(text) == 0 else text} %"


def short_percent(value: float | None) -> str:
    """A share that somebody chose: 0.1 as 10 %."""
    return MISSING if value is None else f"{100 * value:.3g} %"


def number(value: float | None, *, digits: int = 4) -> str:
    """Four significant digits, or so many; whole numbers as they are."""
    if value is None or not math.isfinite(value):
        return MISSING
    whole = value == int(value) and abs(value) < 1e9
    return f"{value:,.0f}" if whole else f"{value:#.{digits}g}".rstrip(".")


def apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers, with as many digits as it takes to see that they differ."""
    pairs = ((number(one, digits=digits), number(other, digits=digits)) for digits in range(4, 16))
    return next((pair for pair in pairs if pair[0] != pair[1] or one == other), (str(one), str(other)))


def odds(p: float | None) -> str:
    """A p-value, never shown smaller than it can be trusted."""
    return "" if p is None else "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def lead(skill: float | None, p: float | None) -> str:
    """How far a model is ahead of a baseline, and how often luck alone gives such a lead."""
    told = percent(skill, digits=1) if skill is not None else ""
    return ", ".join(filter(None, (told, odds(p))))


def judged(value: float | None, required: str) -> str:
    """The value of a gate's check in the form of what it required."""
    if required.startswith("p "):
        return odds(value) or MISSING
    return percent(value, digits=1, sign=False) if "%" in required else number(value)
