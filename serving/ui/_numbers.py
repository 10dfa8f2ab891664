"""The numbers above the forecast's chart: the last close and its range, what is expected, and the path to there."""

from __future__ import annotations

from serving.look import markup
from serving.look.markup import money, percent
from serving.messages import SingleAnswer
from serving.quotes import Quote

UNPROVEN = "cc-unproven"


def show_numbers(quote: Quote, answer: SingleAnswer, ahead: int) -> str:
    last = [row for row in answer.forecasts if row.horizon <= ahead][-1]
    silent = (
        f"How far by {last.date:%d %b}",
        markup.span(last.change_lower, last.change_upper),
        "no direction is said",
        "cc-range",
    )
    expected = (
        f"Expected by {last.date:%d %b}" if "level" in last.proven else f"By {last.date:%d %b}, not proven",
        percent(last.change),
        markup.span(last.change_lower, last.change_upper),
        markup.direction(last.change) if "level" in last.proven else UNPROVEN,
    )
    return markup.cards(
        [
            (f"{answer.ticker} close", money(quote.close), f"{quote.date:%a %d %b %Y}", ""),
            ("Change on the day", percent(quote.change), "with dividends", markup.direction(quote.change)),
            (
                "52-week range",
                f"{money(quote.low)} \N{EN DASH} {money(quote.high)}",
                _place(quote),
                "cc-range",
            ),
            ("Volume", markup.count(quote.volume), "on the day", ""),
            *([expected, *_stretches(answer, ahead)] if answer.says_direction else [silent]),
        ]
    )


def _stretches(answer: SingleAnswer, ahead: int) -> list[tuple[str, str, str, str]]:
    """Where there is a path of several horizons: its average step, its best and its worst."""
    path = [
        (row.horizon, row.mean) for row in answer.forecasts if row.mean is not None and row.horizon <= ahead
    ]
    if len(path) < 3:
        return []
    steps = [
        ((mean - before_mean) / (horizon - before), horizon)
        for (before, before_mean), (horizon, mean) in zip([(0, 0.0), *path], path, strict=False)
    ]
    average, best, worst = path[-1][1] / path[-1][0], max(steps), min(steps)
    length = markup.steps(path[-1][0], answer.frequency)
    proven = all("level" in row.proven for row in answer.forecasts if row.horizon <= ahead)

    def look(step: float) -> str:
        return markup.direction(step) if proven else UNPROVEN

    return [
        ("Average step", percent(average), f"over {length}", look(average)),
        ("Best step", percent(best[0]), f"the way to step {best[1]}", look(best[0])),
        ("Worst step", percent(worst[0]), f"the way to step {worst[1]}", look(worst[0])),
    ]


def _place(quote: Quote) -> str:
    span = quote.high - quote.low
    return (
        f"now at {percent((quote.close - quote.low) / span, digits=0, sign=False)} of it" if span > 0 else ""
    )
