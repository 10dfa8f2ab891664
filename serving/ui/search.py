"""Tab: the newest search of the experiment: its best trials, how they learned, what mattered, how much is luck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ml_core.registry.searched import TrialRow
from ml_core.reporting.luck import tell_keys, tell_luck
from ml_core.vocabulary import words
from serving.figures.search import BOARD, draw_curves, draw_importance, draw_leaderboard
from serving.figures.tried import KEYS, draw_together, draw_values
from serving.look import markup
from serving.look.markup import Cell, begin, panel, table, typeset, write
from serving.searches import NewestSearch, tell_key, tell_params
from serving.service import Service
from serving.ui._drawing import fill_parts, lay_parts
from serving.ui._guard import guard
from serving.ui._tab import Drawing, Parts, Tab

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CHARTS = ("leaderboard", "curves", "importance", "together", "values")
EVERY = 5.0  # seconds between two looks at a search that runs
SCORED = (
    "Each ring is what a trial scored on the test dates of all folds. Once the search has ended, a filled dot is what "
    "is expected of it on other dates: nearer to the others, as the highest of many scores was the luckiest too."
)
LEARNED = "The score on the validation dates after each epoch; a cross where a trial was dropped."
WEIGHED = (
    "The share of what parts the best quarter of trials from all that hangs on each key. The upright line is what "
    "chance gives it; a star marks what is above chance."
)
TOGETHER = "Each line is a trial, from left to right through its values to its score."
BY_KEY = "Each mark is a trial, at its best score on validation dates."


class SearchView(NamedTuple):
    """The parts below the button; an empty part is not shown."""

    notice: str
    cards: str = ""
    scored: str = ""
    leaderboard: Figure | None = None
    learned: str = ""
    curves: Figure | None = None
    weighed: str = ""
    importance: Figure | None = None
    tried: str = ""
    together: Figure | None = None
    alone: str = ""
    values: Figure | None = None
    luck: str = ""
    running: bool = False


def build(service: Service) -> Parts:
    """All of it drawn when the tab is opened, by the button, and every few seconds while a search runs."""
    import gradio as gr

    with gr.Row():
        again = gr.Button("Look again", size="sm", scale=0, min_width=120, elem_id="search-refresh")
    timer = gr.Timer(EVERY, active=False)
    parts = lay_parts(SearchView._fields[:-1], CHARTS, tab="search")

    def look() -> list[Any]:
        *shown, running = show_search(service)
        return [*fill_parts(shown), gr.Timer(active=running)]

    gr.on(
        [again.click, timer.tick],
        look,
        outputs=[*parts, timer],
        trigger_mode="once",
        show_progress="hidden",
        api_visibility="private",
    )
    return Parts(drawn=(Drawing(look, [*parts, timer]),))


def show_search(service: Service) -> SearchView:
    """What the page shows now; what is in the way of it stands in the notice."""
    return guard(service, "The search", lambda: _show(service.search()), SearchView)


def _show(search: NewestSearch) -> SearchView:
    if not search.trials:
        return SearchView(
            markup.notice("A search is running; none of its trials has ended yet."), running=True
        )
    keys = search.account.keys if search.account else ()
    leaderboard, curves = draw_leaderboard(search), draw_curves(search)
    importance = draw_importance(keys, search)
    together, values = draw_together(search), draw_values(search)
    return SearchView(
        "",
        _cards(search),
        _above(leaderboard, "Trials, the best first", SCORED),
        leaderboard,
        _above(curves, "How they learned", LEARNED),
        curves,
        _above(importance, "What the score hangs on", f"{WEIGHED} Of these trials: {tell_keys(keys)}."),
        importance,
        _above(together, "Values that were tried, together", f"{TOGETHER} {_tell_values(search)}"),
        together,
        _above(values, "The same, key by key", BY_KEY)
        if together
        else _above(values, "Values that were tried", _tell_values(search)),
        values,
        f'<div class="cc-stack">{_luck(search)}{_table(search)}</div>',
        search.running,
    )


def _above(chart: Figure | None, title: str, about: str) -> str:
    """Nothing above a chart that there is not."""
    return markup.lead(title, about) if chart else ""


def _tell_values(search: NewestSearch) -> str:
    """Of which trials, and in which order."""
    family, keys = search.most_telling(KEYS)
    count = sum(trial.params.get("family") == family for trial in search.trials)
    weighed = search.account.keys if search.account else ()
    weighty = [one.key for one in weighed if one.family == family and one.stands_out and one.key in keys]
    order = (
        f"the keys that matter come first: {', '.join(map(tell_key, weighty))}"
        if weighty
        else "which of the keys matters is not known"
    )
    return (
        f"The {count} of {len(search.trials)} trials that were {words.baseline(family)}, each at its best score on "
        f"validation dates; {order}."
    )


def _cards(search: NewestSearch) -> str:
    form, best = words.metric(search.objective).form, next(iter(search.ranked), None)
    account = search.account
    ends = f"{search.count('finished')} finished, {search.count('stopped')} dropped, {search.count('failed')} failed"
    state = "running" if search.running else "ended"
    entries = [
        ("Trials", f"{len(search.trials)} of {search.asked}", ends, ""),
        ("Search", state, f"by {words.metric(search.objective).label}", ""),
    ]
    if best:
        error = f"\N{PLUS-MINUS SIGN} {write(best.error, form)}" if best.error else "on the folds' test dates"
        entries.append(("The first scored", write(best.test, form), error, ""))
    if best and best.again is not None:
        entries.append(("Expected again", write(best.again, form), "on other dates", "cc-up"))
    if account and account.independent:
        entries.append(("Count as", f"{account.independent:.1f}", "independent trials", ""))
    if account and account.overfitting is not None:
        entries.append(("Overfitting", f"{account.overfitting:.0%}", "PBO; 50 % where all is luck", ""))
    return markup.cards(entries)


def _luck(search: NewestSearch) -> str:
    version, title = search.version, "How much of this is luck"
    if version is None:
        why = (
            "is told when the search ends"
            if search.running
            else "was not told: no version was chosen from these trials"
        )
        return panel(title, f"How much of the best score is luck {why}.", "")
    evidence = version.evidence
    told = [f"{begin(line)}." for line in tell_luck(evidence.search)]
    looks = "the first look" if evidence.looks == 1 else f"look number {evidence.looks}"
    bar = f", and a claim is proven below p {words.number(evidence.bar)}" if evidence.bar else ""
    told.append(f"The winner became version {version.version}. Judging it was {looks} at this holdout{bar}.")
    return panel(title, "", "".join(markup.small(typeset(line)) for line in told))


def _table(search: NewestSearch) -> str:
    form = words.metric(search.objective).form
    rows = [_row(row, form) for row in search.ranked[:BOARD]]
    head = ("Trial", "Scored", "Expected again", "Validation", "Epochs", "Parameters")
    inner = markup.folded("The same as a table", table(head, rows, text=(5,)))
    about = f"{len(rows)} of the {search.count('finished')} trials that finished, the best first."
    return panel("Trials", about, inner) if rows else ""


def _row(row: TrialRow, form: words.Form) -> list[Cell | str]:
    error = f"\N{PLUS-MINUS SIGN} {write(row.error, form)}" if row.error else ""
    return [
        Cell(row.trial, words.baseline(row.family or "")),
        Cell(write(row.test, form), error, "cc-own"),
        write(row.again, form),
        write(row.validation, form),
        str(row.epochs),
        tell_params(row.params),
    ]


TAB = Tab("Search", place=6, build=build)
