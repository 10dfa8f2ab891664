"""Tab: the versions of the model: who sat where, what is proven of each, what came since, and the evidence in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ml_core.errors import InvalidInput
from ml_core.evaluation.metrics import LEVEL
from ml_core.vocabulary import words
from serving.door.access import Access
from serving.figures.models import draw_beside, draw_calibration, draw_coverage, draw_live, draw_timeline
from serving.lineup import Lineup
from serving.look import markup
from serving.messages import DISCLAIMER
from serving.service import Service
from serving.ui._drawing import fill_parts, lay_parts
from serving.ui._evidence import show_evidence
from serving.ui._guard import guard
from serving.ui._papers import show_papers
from serving.ui._scores import whose
from serving.ui._seats import choose_seat
from serving.ui._tab import Drawing, Parts, Tab
from serving.ui._versions import show_beside, show_verdicts

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

METRIC = "ic"
CHARTS = ("timeline", "live", "coverage", "calibration", "scores")
TIMES = "Each bar is a version in its seat, from when it sat down to when another did."
CAME = "An e-value of forecasts made before their outcome: what one unit staked on the claim has become."
NOTHING = (
    "Nothing that was forecast live has come due yet: that takes a session that closes after its forecast. "
    "Then run: candorcast live {name}"
)
BOTH = "The IC of each on its holdout, with the interval that holds the true one in 90 % of cases."
PROMISED = "Each range of the fan: below the line it held less than it promised, above it more."
HELD = "The share of holdout outcomes inside the interval, {ahead} ahead: all, by how wild the ticker was, by year."


class ModelsView(NamedTuple):
    """What is told of all versions; an empty part is not shown."""

    notice: str
    sat: str = ""
    timeline: Figure | None = None
    proven: str = ""
    came: str = ""
    live: Figure | None = None


class ChosenVersion(NamedTuple):
    """What is told of the one that is chosen."""

    about: str
    coverage: Figure | None = None
    promised: str = ""
    calibration: Figure | None = None
    evidence: str = ""


class TwoVersions(NamedTuple):
    """What is told of two."""

    about: str
    scores: Figure | None = None
    table: str = ""


def build(service: Service, access: Access) -> Parts:
    """All versions above, below them how another is made champion, two side by side, then the evidence of one."""
    import gradio as gr

    from serving.ui._seating import lay_seating

    every = lay_parts(ModelsView._fields, CHARTS, tab="models")
    seating, moved = lay_seating(service, access)
    with gr.Row():
        pair = [
            gr.Dropdown([], label=label, allow_custom_value=True, min_width=140, elem_id=f"models-{name}")
            for name, label in (("first", "Version"), ("second", "Beside version"))
        ]
    beside = lay_parts(TwoVersions._fields, CHARTS, tab="models")
    who = choose_seat()
    held = lay_parts(ChosenVersion._fields, CHARTS, tab="models")
    gr.HTML(f'<p class="cc-disclaimer">{DISCLAIMER}</p>')
    return Parts(
        {"version": pair[0], "beside": pair[1]},
        drawn=(
            Drawing(lambda _: fill_parts(show_models(service)), every, [moved]),
            seating,
            Drawing(lambda *chosen: _offer(service, *chosen), pair, state=pair),
            Drawing(lambda *chosen: fill_parts(show_two(service, *chosen)), beside, pair),
            Drawing(lambda chosen: fill_parts(show_one(service, chosen)), held, [who]),
        ),
    )


def show_models(service: Service) -> ModelsView:
    return guard(service, "The versions", lambda: _show(service, service.lineup()), ModelsView)


def show_two(service: Service, first: str | None, second: str | None) -> TwoVersions:
    """Nothing, until two are chosen."""

    def answer() -> TwoVersions:
        lineup = service.lineup()
        one, other = lineup.find(first), lineup.find(second)
        for asked, version in ((first, one), (second, other)):
            if asked and version is None:
                known = ", ".join(each.version for each in lineup.versions)
                raise InvalidInput(f"There is no version '{asked}'; expected any of {known}.")
        if one is None or other is None or one is other:
            return TwoVersions("")
        scores = draw_beside([one, other], METRIC)
        return TwoVersions(
            markup.lead("Two versions", BOTH) if scores else "", scores, show_beside(one, other)
        )

    return guard(service, "These versions", answer, TwoVersions)


def show_one(service: Service, who: str = "") -> ChosenVersion:
    """The evidence of who answers, or of who sits in that seat, or what is in the way of it."""

    def answer() -> ChosenVersion:
        info = service.info(who or None)
        ahead = markup.steps(info.horizons[0], info.frequency)
        figure = draw_coverage(info.coverage, horizon=info.horizons[0], level=LEVEL)
        about = markup.lead(whose(words.HEADINGS["held"], info), HELD.format(ahead=ahead)) if figure else ""
        calibration = draw_calibration(info.fan, info.coverage, horizons=info.horizons, level=LEVEL)
        return ChosenVersion(
            about,
            figure,
            markup.lead(whose("What the ranges held", info), PROMISED) if calibration else "",
            calibration,
            show_evidence(info) + show_papers(info, **service.shelf.papers(info.version)),
        )

    return guard(
        service, "The evidence of this model", answer, lambda notice: ChosenVersion("", evidence=notice)
    )


def _show(service: Service, lineup: Lineup) -> ModelsView:
    if not lineup.versions:
        return ModelsView(
            markup.notice(
                service.spell_out(f"no version yet; run: candorcast search {service.experiment.name}")
            )
        )
    timeline, live = draw_timeline(lineup), draw_live(lineup.standings, lineup.scores)
    nothing = markup.notice(service.spell_out(NOTHING.format(name=service.experiment.name)))
    return ModelsView(
        "",
        markup.lead("Who sat where", TIMES) if timeline else "",
        timeline,
        show_verdicts(lineup),
        markup.lead("What came of the forecasts", CAME) if live else nothing,
        live,
    )


def _offer(service: Service, first: str | None, second: str | None) -> list[Any]:
    """All versions to choose from; until two are chosen, the newest and the one before it."""
    import gradio as gr

    known = guard(
        service, "The versions", lambda: [one.version for one in service.lineup().versions], lambda _: []
    )
    newest, before = [*known[:2], None, None][:2]
    return [gr.update(choices=known, value=first or newest), gr.update(choices=known, value=second or before)]


TAB = Tab("Models", place=5, build=build, acts=True)
