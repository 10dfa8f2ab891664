"""Draws which values a search tried: key by key beside the score that each gave, and together, a line a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite, log
from statistics import median
from typing import TYPE_CHECKING, Any

from ml_core.registry.trials import Trial
from ml_core.vocabulary import words
from serving.figures.chart_look import digits, dress, hover, plainly
from serving.look.style import BLUE, GREEN, INK, LINE, MUTED
from serving.searches import NewestSearch, tell_key, tell_params, tell_value

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

KEYS, LINES = 4, 300  # at most: keys that are drawn, and trials of which each is a line
FEWEST = 4  # trials: of fewer a best quarter is one
BEST = 0.25
SMALL = {"tickangle": 0, "tickfont": {"size": 10}}
FAINT = "rgba(123, 135, 148, 0.28)"


@dataclass(frozen=True)
class Upright:
    """One axis of the lines: a key, or the score. `ticks`: heights from 0 to 1 with what is written there."""

    title: str
    heights: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]


def draw_values(search: NewestSearch) -> Figure | None:
    """Which values were tried of the keys that matter most, and the validation score that each gave."""
    from plotly.subplots import make_subplots

    family, keys = search.most_telling(KEYS)
    if not keys:
        return None
    trials = [one for one in search.trials if one.params.get("family") == family and _is_known(one.score)]
    lines = -(-len(keys) // 2)
    titles = [plainly(tell_key(key)) for key in keys]
    figure = make_subplots(
        rows=lines,
        cols=min(2, len(keys)),
        subplot_titles=titles,
        shared_yaxes=True,
        vertical_spacing=0.3 / lines,
        horizontal_spacing=0.06,
    )
    for place, key in enumerate(keys):
        row, column = place // 2 + 1, place % 2 + 1
        for status, name, symbol, color in (
            ("stopped", "Dropped", "x-thin", MUTED),
            ("finished", "Finished", "circle", BLUE),
        ):
            shown = [one for one in trials if one.status == status and key in one.params]
            figure.add_scatter(
                x=[_axis_value(one.params[key]) for one in shown],
                y=[one.score for one in shown],
                mode="markers",
                marker={"symbol": symbol, "size": 7, "color": color, "line": {"color": color, "width": 1}},
                name=name,
                showlegend=place == 0 and bool(shown),
                **hover([plainly(f"{one.id}: {tell_params(one.params)}") for one in shown]),
                row=row,
                col=column,
            )
        values = [one.params[key] for one in trials if key in one.params]
        figure.update_xaxes(**_scale_of(values), row=row, col=column)
    meta = {"search": search.name, "chart": "values", "keys": [plainly(key) for key in keys]}
    dress(figure, height=60 + 210 * lines, meta=meta, margin={"l": 52, "r": 16, "t": 70, "b": 34})
    figure.update_layout(legend_y=1.0 + 34 / (210 * lines))
    figure.update_annotations(font={"size": 12, "color": MUTED})
    figure.update_yaxes(tickformat=digits(search.objective))
    return figure


def draw_together(search: NewestSearch) -> Figure | None:
    """A line a trial through its values and to its score, those of the best quarter drawn out."""
    from plotly.graph_objects import Figure

    family, keys = search.most_telling(KEYS)
    trials = [one for one in search.trials if one.params.get("family") == family and _is_known(one.score)]
    trials = [one for one in trials if all(key in one.params for key in keys)]
    trials = sorted(trials, key=lambda one: one.score or 0.0, reverse=True)[:LINES]
    if not keys or len(trials) < FEWEST:
        return None
    uprights = [_upright(tell_key(key), [one.params[key] for one in trials]) for key in keys]
    scores = [float(one.score or 0.0) for one in trials]
    uprights.append(_upright(f"{words.metric(search.objective).label}, validation", scores))
    best = max(1, round(BEST * len(trials)))
    figure = Figure()
    for name, group, color, width in (
        (f"The {len(trials) - best} others", range(best, len(trials)), FAINT, 1.0),
        (f"The best quarter, {best}", range(best), GREEN, 2.0),
    ):
        figure.add_scatter(
            **_lines(trials, uprights, group), name=name, line={"color": color, "width": width}
        )
    _write_ticks(figure, uprights)
    meta = {"search": search.name, "chart": "together", "keys": [plainly(key) for key in keys]}
    dress(figure, height=380, meta=meta, margin={"l": 34, "r": 34, "t": 96, "b": 16})
    figure.update_layout(legend_y=1.0 + 52 / (380 - 96 - 16))
    figure.update_xaxes(visible=False, range=[-0.02, len(uprights) - 0.7])
    figure.update_yaxes(visible=False, range=[-0.05, 1.05])
    return figure


def _lines(trials: Sequence[Trial], uprights: Sequence[Upright], group: range) -> dict[str, Any]:
    """All lines of a group as one, with gaps between them."""
    told = [plainly(f"{trials[at].id}: {tell_params(trials[at].params)}") for at in group]
    return {
        "x": list(chain.from_iterable((*range(len(uprights)), None) for _ in group)),
        "y": list(chain.from_iterable((*(one.heights[at] for one in uprights), None) for at in group)),
        "mode": "lines+markers",
        "marker": {"size": 4},
        **hover(list(chain.from_iterable([text] * (len(uprights) + 1) for text in told))),
    }


def _write_ticks(figure: Figure, uprights: Sequence[Upright]) -> None:
    """Beside each axis, above the lines; the key at its head."""
    for place, one in enumerate(uprights):
        figure.add_shape(type="line", x0=place, x1=place, y0=0, y1=1, line={"color": LINE, "width": 1.5})
        head = plainly(one.title).replace(" ", "<br>")
        figure.add_annotation(
            x=place, y=1, yshift=10, text=head, showarrow=False, yanchor="bottom", font={"size": 11, "color": INK}
        )  # fmt: skip
        for height, text in one.ticks:
            figure.add_annotation(
                x=place, y=height, xshift=4, text=plainly(text), showarrow=False, xanchor="left",
                font={"size": 10, "color": MUTED}, bgcolor="rgba(255, 255, 255, 0.75)", borderpad=1,
            )  # fmt: skip


def _upright(title: str, values: Sequence[Any]) -> Upright:
    """Names stand one above the other; numbers by their size, in their logarithm where most of them are small."""
    if not all(isinstance(one, float) for one in values):
        named = _in_order(values)
        heights = {str(one): (at + 0.5) / len(named) for at, one in enumerate(named)}
        ticks = tuple((height, name) for name, height in heights.items())
        return Upright(title, tuple(heights[str(one)] for one in values), ticks)
    low, high = min(values), max(values)
    onto = log if _is_logarithmic(values) else float
    wide = onto(high) - onto(low) or 1.0
    middle = (low * high) ** 0.5 if onto is log else (low + high) / 2
    ticks = tuple(
        ((onto(one) - onto(low)) / wide, tell_value(one)) for one in dict.fromkeys((low, middle, high))
    )
    return Upright(title, tuple((onto(one) - onto(low)) / wide for one in values), ticks)


def _is_known(score: float | None) -> bool:
    return score is not None and isfinite(score)


def _axis_value(value: Any) -> Any:
    """A number with a fraction on a scale of numbers; anything else by its name."""
    return value if isinstance(value, float) else plainly(str(value))


def _scale_of(values: Sequence[Any]) -> dict[str, Any]:
    """Of a key's axis: names side by side, or numbers, in their logarithm where most of them are small."""
    if not all(isinstance(one, float) for one in values):
        named = _in_order(values)
        ends = [-0.6, len(named) - 0.4]  # so that the last name is whole on a phone too
        return {
            "type": "category",
            "categoryarray": [plainly(str(one)) for one in named],
            "range": ends,
            **SMALL,
        }
    if _is_logarithmic(values):
        low, high = min(values), max(values)
        decades = 1 if high <= 1000 * low else 2
        return {"type": "log", "dtick": decades, "exponentformat": "power", **SMALL}
    return {"nticks": 5, **SMALL}


def _in_order(values: Sequence[Any]) -> list[Any]:
    """Each once: whole numbers by their size, then names."""
    return sorted(
        set(values), key=lambda one: (isinstance(one, str), one if isinstance(one, (int, str)) else 0)
    )


def _is_logarithmic(values: Sequence[float]) -> bool:
    low, high = min(values), max(values)
    return low > 0 and high > 8 * low and median(values) < 0.35 * (low + high)
