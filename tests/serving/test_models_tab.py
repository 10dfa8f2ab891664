"""The models tab shows every version: who sat where, what is proven of each, two side by side, what came live."""

import datetime as dt

import polars as pl
import pytest

from ml_core.data.order import place_order
from ml_core.live.ledger import LIVE, open_ledger
from ml_core.live.terms import LiveTerms
from ml_core.promotion.reference import fill_seat
from ml_core.registry.noted import Noted
from serving.figures.models import draw_beside, draw_calibration, draw_coverage, draw_live, draw_timeline
from serving.ui._scores import show_scores
from serving.ui._versions import show_verdicts
from serving.ui.models import show_models, show_one, show_two
from tests.market import NOW
from tests.serving.world import World

DAYS = [dt.date(2019, 9, 4) + dt.timedelta(days=day) for day in range(6)]


@pytest.fixture(scope="module")
def seated(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A reference, then two champions one after the other, then a version that was refused."""
    own = world.elsewhere(tmp_path_factory.mktemp("seated") / "home")
    fill_seat(place_order(own.experiment, own.home), now=NOW)
    own.register()
    own.register()
    refused = own.register(promote=False)
    own.registry.seat(own.name, refused.version, "challenger")
    return own


def write_live(own: World, *, needed: float = 40.0) -> list[float]:
    """Six scored dates of a claim of version 2; what its e-value was."""
    better = [1.0, 2.0, 4.0, 8.0, 16.0, 64.0]
    ledger = open_ledger(place_order(own.experiment, own.home))
    ledger.add_terms([LiveTerms("2", "order", 1, 1, DAYS[0], needed, "no order", 0.5)])
    told = {"line": "2", "claim": "order", "horizon": 1, "version": "2", "rows": 6, "data_version": 1}
    numbers = {"difference": 0.1, "counted": 0.1, "mean": 0.1, "low": 0.0, "high": 0.2, "refuted": 1.0}
    rows = [
        {**told, **numbers, "as_of": day, "known": day + dt.timedelta(days=1), "better": value}
        for day, value in zip(DAYS, better, strict=True)
    ]
    ledger.add_scores(pl.DataFrame(rows, schema=LIVE))
    return better


def test_each_seat_is_a_lane_and_each_version_a_bar_until_the_next_one_sits_down(seated):
    lineup = seated.service().lineup()
    sat = [(one.seat, one.version) for one in lineup.sittings()]
    assert sat == [("reference", "1"), ("champion", "2"), ("champion", "3"), ("challenger", "4")]
    first, second = (one for one in lineup.sittings() if one.seat == "champion")
    assert first.end == second.start
    figure = draw_timeline(lineup)
    assert list(figure.layout.yaxis.ticktext) == ["Champion", "Challenger", "Reference"]
    assert [trace.y[0] for trace in figure.data] == [2, 0, 0, 1]


def test_a_champion_that_was_refuted_gets_up_and_the_reference_goes_on(seated, tmp_path):
    own = seated.copy(tmp_path / "home")
    own.registry.vacate(own.name, "champion")
    own.registry.seat(own.name, "1", "reference", cause="refuted", why="order 1 refuted live")
    *_, champion, _, last = own.service().lineup().sittings()
    assert (champion.seat, champion.end) == ("champion", last.start)
    assert (last.seat, last.move.why) == ("reference", "order 1 refuted live")


def test_each_version_says_what_of_it_is_proven_with_a_sign_beside_the_colour(seated, tmp_path):
    own = seated.copy(tmp_path / "home")
    own.registry.note(own.name, "3", ("range", 3), Noted("proven", "2019-09-10", "it held"))
    own.registry.note(own.name, "2", ("level", 1), Noted("refuted", "2019-09-10", "it did not"))
    told = show_verdicts(own.service().lineup())
    assert told.index("Version 4") < told.index("Version 3") < told.index("Version 1")
    assert "\N{CHECK MARK} proven<small>3 ahead" in told
    assert "\N{MULTIPLICATION X} given back<small>live, 1 ahead" in told


def test_live_evidence_is_drawn_as_it_stands_in_the_ledger_and_without_any_a_command_is_told(
    seated, tmp_path
):
    own = seated.copy(tmp_path / "home")
    assert "candorcast live small" in show_models(own.service()).came
    better = write_live(own)
    lineup = own.service().lineup()
    (line,) = draw_live(lineup.standings, lineup.scores).data
    assert list(line.y) == better
    assert line.name == "version 2: order 1 ahead"
    shown = show_models(own.service())
    assert "40 decides" in shown.live.layout.annotations[0].text


def test_two_versions_stand_side_by_side_with_their_scores_and_intervals(seated):
    service = seated.service()
    _, figure, table = show_two(service, "3", "2")
    assert "on the same holdout" in table
    assert "Sharpe ratio" in table
    (row,) = [row for row in seated.evidence.holdout_scores if (row.metric, row.horizon) == ("ic", 3)]
    for trace in figure.data:
        assert row.value in trace.x
    assert [trace.marker.symbol for trace in figure.data] == ["circle", "diamond"]
    assert show_two(service, "3", "3").table == ""
    assert show_two(service, "3", "<b>").table == ""


def test_where_a_metric_failed_the_reason_stands_in_place_of_its_interval(seated):
    info = seated.service().info("3")
    first = info.scores[0].model_copy(update={"value": None, "why": "metric 'mine': 1 < 2"})
    (told, *_) = show_scores(info.model_copy(update={"scores": (first, *info.scores[1:])}))
    assert "<small>metric &#x27;mine&#x27;: 1 &lt; 2</small>" in told


def test_a_refit_shows_no_scores_as_its_own_and_names_whose_stand_in_its_evidence(seated, tmp_path):
    own = seated.copy(tmp_path / "home")
    made = own.refit(DAYS[0], parent="3").version
    _, figure, table = show_two(own.service(), made, "3")
    assert [trace.name for trace in figure.data] == ["Version 3"]
    assert "none of its own<small>judged as version 3" in table
    told = show_one(own.service(), made)
    assert "Holdout scores of version 3, 1 session ahead" in told.evidence
    assert "Where the intervals held of version 3" in told.about


def test_the_tiles_of_a_refit_say_through_when_it_learned_and_whose_holdout_and_planted_signal_they_tell(
    seated, tmp_path
):
    own = seated.copy(tmp_path / "home")
    told = show_one(own.service(), own.refit(DAYS[0], parent="3").version).evidence
    assert f'<span>Learned to</span><strong class="">{DAYS[0]}<' in told
    assert "Holdout of version 3 to" in told
    assert "that no search saw; this version learned from most of them" in told
    assert "Planted signal achieved by version 3" in told
    assert "Search of version 3" in told
    assert "<span>Holdout to</span>" in show_one(own.service(), "3").evidence


def test_a_version_that_there_is_not_is_named_beside_those_that_there_are(seated):
    known = ", ".join(one.version for one in seated.service().lineup().versions)
    told = show_two(seated.service(), "3", "<b>").about
    assert f"There is no version &#x27;&lt;b&gt;&#x27;; expected any of {known}." in told


def test_of_another_holdout_it_is_said_that_scores_may_not_be_compared(seated):
    lineup = seated.service().lineup()
    table = show_two(seated.service(), "3", "1").table
    other = lineup.find("1").evidence.holdout != lineup.find("3").evidence.holdout
    assert ("may not be compared" in table) is other


def test_a_metric_that_no_version_has_draws_nothing(seated):
    assert draw_beside(seated.service().lineup().versions[:2], "nothing") is None


def test_coverage_is_drawn_group_by_group_beside_what_was_promised(service):
    info = service.info()
    figure = draw_coverage(info.coverage, horizon=info.horizons[0], level=0.9)
    rows = [row for row in info.coverage if row.horizon == info.horizons[0]]
    assert list(figure.data[0].x) == [row.coverage for row in rows]
    assert figure.layout.shapes[0].x0 == 0.9
    assert show_one(service).coverage is not None


def test_what_each_range_held_is_drawn_against_what_it_promised(service):
    info = service.info()
    figure = draw_calibration(info.fan, info.coverage, horizons=info.horizons, level=0.9)
    first, whole = figure.data[0], next(row for row in info.coverage if row.by == "all")
    assert list(first.x) == [0.5, 0.8, 0.9]
    assert first.y[-1] == whole.coverage
    assert [trace.name for trace in figure.data] == [f"{horizon} ahead" for horizon in info.horizons]
    assert show_one(service).calibration is not None
    assert draw_calibration([], [], horizons=info.horizons, level=0.9) is None


def test_before_anything_is_registered_the_command_is_told(own_world):
    shown = show_models(own_world.service())
    assert "candorcast search small" in shown.notice
    assert not any(shown[1:])


def test_nothing_that_somebody_wrote_of_a_move_becomes_markup(seated, tmp_path):
    own = seated.copy(tmp_path / "home")
    own.registry.seat(own.name, "2", "champion", why="<img src=x onerror=alert(1)>")
    figure = show_models(own.service()).timeline
    assert "<img" not in str([trace.text for trace in figure.data])
