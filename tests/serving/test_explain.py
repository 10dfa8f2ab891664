"""What the API and the app tell of why a forecast says what it says."""

import datetime as dt
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from html import escape
from statistics import median

import pytest

from ml_core.errors import NotEnoughData
from ml_core.explain.amounts import select
from ml_core.explain.methods.attention import Attention
from serving.figures.explanation import draw_attention, draw_heat, draw_moved
from serving.look.style import BLUE, GREY, VERMILION
from serving.ui._alike import tell_attention
from serving.ui._lost import show_importance
from serving.ui._measuring import Measuring
from serving.ui.explain import show_explanation
from tests.explain.test_amounts import moved_by
from tests.serving.world import STRANGER


def ask(client, **body) -> dict:
    answer = client.post("/predictions/explain", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("of", ["level", "order", "scale"])
def test_base_and_shares_add_up_to_the_forecast_that_the_api_gives(client, of):
    told = ask(client, ticker="ALFA", horizon=3, of=of)
    moved = told["moved"]
    total = moved["base"] + sum(one["share"] for one in moved["pieces"])
    assert total == pytest.approx(moved["forecast"], abs=1e-7)
    said = client.post("/predictions/batch", json={}).json()["predictions"]
    rows = {one["ticker"]: next(row for row in one["forecasts"] if row["horizon"] == 3) for one in said}
    own, mean = rows["ALFA"], sum(row["mean"] for row in rows.values()) / len(rows)
    expected = {"level": own["mean"], "order": own["mean"] - mean, "scale": math.log(own["scale"])}
    assert moved["forecast"] == pytest.approx(expected[of], abs=1e-7)


def test_shares_by_lag_are_those_of_the_map(client):
    moved = ask(client, ticker="ALFA")["moved"]
    assert len(moved["by_lag"]) == 8
    for lag, share in enumerate(moved["by_lag"]):
        assert share == pytest.approx(sum(row[lag] for row in moved["heat"]), abs=1e-9)


def test_a_number_that_is_not_proven_is_said_to_be_none(client):
    asked = {"level": "level", "order": "order", "scale": "range"}
    for of, claim in asked.items():
        told = ask(client, ticker="ALFA", horizon=5, of=of)
        assert told["proven"] == []
        assert told["unproven"] == (
            f"{claim} is not proven at 5 ahead: this explains a number that is not proven"
        )


def test_a_day_that_was_learned_from_is_said_to_be_and_that_weights_are_of_later_dates(client, service):
    evidence = service.served.version.evidence
    day = evidence.trained.end - dt.timedelta(days=20)
    told = ask(client, ticker="BRAV", as_of=str(day), of="order")
    assert told["in_sample"]
    assert told["unproven"] == f"{told['as_of']} was learned from: of such a day nothing is proven"
    later = f"comes from dates up to {evidence.trained.end}, later than {told['as_of']}."
    assert any(note.endswith(later) for note in told["notes"])
    notice = show_explanation(service, "BRAV", 3, "order", str(day)).notice
    assert "what it says about it proves nothing" in notice and later in notice
    assert notice.count("learned from") == 1, "it is said once"
    today = ask(client, ticker="BRAV", of="order")
    assert "learned from" not in today["unproven"] and not any("later than" in one for one in today["notes"])


@pytest.mark.parametrize("of", ["order", "scale"])
def test_what_is_told_of_the_level_does_not_stand_beside_another_number(client, service, of):
    told = ask(client, ticker="ALFA", horizon=3, of=of)
    for name in ("alike", "counterfactual"):
        assert told[name] is None
        assert "it is told of where the forecast goes (level)" in told["silent"][name]
    others = show_explanation(service, "ALFA", 3, of).others
    assert others.count("It is told of where the forecast goes (level)") == 2
    assert "it would have gone from" not in others


def test_the_tab_tells_attention_beside_what_even_attention_would_be(service):
    told = service.explanations.tell("ALFA", horizon=3)
    by_lag = (0.5, 0.3, 0.1, 0.1)
    attends = Attention(by_lag, by_lag, by_lag, {"a": 0.7, "b": 0.3}, 1, (0.25,) * 4)
    said = tell_attention(told.model_copy(update={"attention": attends}))
    assert "at most 50.0 %, where even attention would give 25.0 %." in said
    assert "even weights would be 50.0 % each" in said
    for proven, colour in ((True, BLUE), (False, GREY)):
        assert draw_attention(attends, proven=proven).data[0].marker.color == colour


def test_a_past_day_and_a_stranger_are_explained_as_they_are_forecast(client):
    for body in ({"ticker": "BRAV", "as_of": "2019-06-03"}, {"ticker": STRANGER}):
        told = ask(client, **body)
        said = client.post("/predictions/single", json=body).json()
        assert told["as_of"] == said["as_of"]
        assert told["moved"]["forecast"] == pytest.approx(said["forecasts"][0]["mean"], abs=1e-7)


def test_what_cannot_be_explained_is_refused_as_its_forecast_is(client):
    for body, status, expected in (
        ({"ticker": "NOPE"}, 404, "no bars stored for 'NOPE'"),
        ({"ticker": "ALFA", "horizon": 2}, 422, "horizon: 2 is not forecast"),
        (
            {"ticker": "ALFA", "version": "9"},
            422,
            "'version': it stands in the address, as /predictions/explain?ver",
        ),
        ({"ticker": "ALFA", "of": "money"}, 422, "of: expected"),
        ({"ticker": "ALFA", "horizons": [1]}, 422, "unknown field 'horizons'; did you mean 'horizon'?"),
    ):
        answer = client.post("/predictions/explain", json=body)
        assert answer.status_code == status
        assert expected in answer.json()["error"]


def test_a_forecast_is_explained_within_a_fifth_of_a_second(service):
    service.explanations.tell("ALFA", horizon=3)  # the panel of the day and its past are read once
    taken = []
    for _ in range(5):
        begin = time.thread_time()  # of this work alone, however busy the machine is
        service.explanations.tell("BRAV", horizon=3)
        taken.append(time.thread_time() - begin)
    assert median(taken) <= 0.2


def test_the_tab_draws_bars_and_a_map_and_says_the_same_in_numbers(service):
    shown = show_explanation(service, "ALFA", 3)
    told = service.explanations.tell("ALFA", horizon=3)
    assert shown.bars.layout.meta["chart"] == "moved"
    pieces = select(told.moved)
    rest = [pieces.rest] if pieces.others else []
    assert list(shown.bars.data[0].x) == [one.share for one in pieces.shown] + rest
    assert shown.heat.layout.meta["chart"] == "heat"
    assert len(shown.heat.data[0].z[0]) == 8
    assert escape(told.moved.pieces[0].words) in shown.table
    assert (told.unproven.capitalize() in shown.notice) == bool(told.unproven)


def test_the_tab_says_how_far_ahead_what_it_explains_is(service):
    assert "3 sessions ahead, as of" in show_explanation(service, "ALFA", 3).lead
    assert "1 session ahead, as of" in show_explanation(service, "ALFA", 1).lead


def test_all_others_have_a_bar_of_their_own_and_unfold_as_a_table(client, service):
    shares = {f"feature_{number}": 0.01 - number / 1e4 for number in range(16)}
    (bars,) = draw_moved(moved_by(shares), priced=True, proven=True).data
    assert bars.x[-1] == pytest.approx(sum(sorted(shares.values())[:6])), "larger than any that is shown"
    assert bars.customdata[-1] == "All others, 6 inputs: up"
    assert (bars.marker.color[0], bars.marker.color[-1]) == (BLUE, GREY)
    told = ask(client, ticker="ALFA", horizon=3, of="scale")["moved"]
    shown = show_explanation(service, "ALFA", 3, "scale")
    unfolded = len(shown.bars.data[0].x) > 0 and "<details>" in shown.table
    assert unfolded == ("All others" in shown.table)
    assert sum(1 for one in told["pieces"] if one["share"]) == shown.table.count("<tr>") - 3 - 2 * unfolded


def test_a_scale_is_told_as_factors_from_its_base_to_the_forecast(service):
    shown = show_explanation(service, "ALFA", 3, "scale")
    assert "each is a factor: they are multiplied" in shown.lead
    assert "Where no input tells anything" in shown.table and "The forecast" in shown.table
    assert " wider" in shown.table or " narrower" in shown.table


@pytest.mark.parametrize("proven", [True, False])
def test_a_map_of_what_is_not_proven_is_grey_and_so_are_its_bars(proven):
    moved = moved_by({"gap": 0.02, "volume": -0.01})
    heat, bars = (draw(moved, priced=True, proven=proven).data[0] for draw in (draw_heat, draw_moved))
    blue, grey = "rgba(0, 114, 178", "rgba(123, 135, 148"
    assert any(blue in colour for _, colour in heat.colorscale) == proven
    assert any(grey in colour for _, colour in heat.colorscale) == (not proven)
    assert list(bars.marker.color) == ([BLUE, VERMILION] if proven else [GREY, GREY])


def test_the_page_speaks_of_the_colours_that_it_draws(service):
    told = service.explanations.tell("ALFA", horizon=3)
    when = show_explanation(service, "ALFA", 3).when
    assert ("Blue pushes up, orange down" in when) == (not told.unproven)
    assert ("The darker, the more it moved" in when) == bool(told.unproven)


def test_where_no_input_moves_it_the_tab_says_that_attention_is_not_importance(service):
    told = service.explanations.tell("ALFA", horizon=3)
    attends = Attention((0.5, 0.5), (), (), {}, 1, (0.5, 0.5))
    for share, expected in ((0.01, False), (0.0, True)):
        changed = told.model_copy(update={"attention": attends, "moved": moved_by({"gap": share})})
        assert ("Attention is not importance" in tell_attention(changed)) == expected


def test_the_tab_says_what_is_in_the_way(service):
    assert "no bars stored" in show_explanation(service, "NOPE", 3).notice
    assert "Choose a ticker" in show_explanation(service, " ", 3).notice
    assert show_explanation(service, "ALFA", 3, "level", "someday").notice


def test_each_other_method_finds_something_or_says_why_not(client, service):
    told = ask(client, ticker="ALFA", horizon=3)
    for name in ("attention", "alike", "counterfactual"):
        assert (told[name] is None) == (name in told["silent"])
    assert "does not attend" in told["silent"]["attention"]
    assert told["alike"]["found"]
    shown = show_explanation(service, "ALFA", 3)
    assert "lstm does not attend" in shown.looked.casefold()
    assert told["alike"]["found"][0]["ticker"] in shown.others
    assert "What would have turned it" in shown.others
    assert told["counterfactual"]["changes"]
    assert "Known values between" in shown.others
    for one in told["counterfactual"]["changes"]:
        assert ("higher" if one["needed"] > one["value"] else "lower") in shown.others
    assert (
        f"Of {told['alike']['looked_at']:,} windows of the past the {told['alike']['compared']} "
        in shown.others
    )
    assert "such changes may not come together in the market" in shown.others


@pytest.mark.parametrize(("of", "claim"), [("level", "level"), ("order", "order"), ("scale", "range")])
def test_the_tab_draws_what_would_be_lost_with_intervals_before_the_numbers(service, of, claim):
    told = service.explanations.surveys.importance(None, 3)
    shown, found = show_importance(told, of), told.found.claims[claim]
    together = found.of_kind("together")
    (bars,) = shown.importance.data
    assert list(bars.x) == [one.rise for one in together]
    assert list(bars.error_x.array) == pytest.approx([one.high - one.rise for one in together])
    assert f"By how much {claim} would be worse" in shown.lost
    assert shown.rises.index("With its kin") < shown.rises.index("A group")
    for one in together:
        assert escape(one.words) in shown.rises


def test_what_would_be_lost_is_measured_once_for_a_version_and_a_horizon(service):
    first = service.explanations.surveys.importance(None, 3).found
    assert service.explanations.surveys.importance(None, 3).found is first
    assert service.explanations.surveys.importance(None, 5).found is not first


def test_a_visitor_sees_at_once_that_it_is_measured_and_then_what_was(own_world):
    own_world.register()
    tab = Measuring(own_world.service())
    lost, importance, rises, wanted = tab.redraw(3, "level", "", None)
    assert "It is being measured" in lost["value"] and not (importance["visible"] or rises["visible"])
    measured, nothing_more = tab.measure(wanted)
    assert nothing_more is None
    lost, importance, rises, wanted = tab.redraw(3, "order", "", measured)
    assert "By how much order would be worse" in lost["value"] and importance["visible"] and rises["visible"]
    assert wanted is None


def test_who_asks_for_what_is_known_does_not_wait_for_what_another_measures(service, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()
    service.explanations.surveys.importance(None, 3)
    monkeypatch.setattr("serving.surveyed.load_survey", lambda _: begun.set() or may_end.wait(30))
    tab = Measuring(service)
    *_, wanted = tab.redraw(1, "level", "", None)
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(tab.measure, wanted)
        assert begun.wait(10)
        lost, *_ = tab.redraw(3, "level", "", None)
        assert "By how much level would be worse" in lost["value"] and not waiting.done()
        may_end.set()


def test_why_it_cannot_be_measured_is_said_in_its_place(service, monkeypatch):
    tab = Measuring(service)
    lost, importance, _, wanted = tab.redraw(3, "level", "99", None)
    assert "has no version" in lost["value"] and not importance["visible"] and wanted is None
    *_, wanted = tab.redraw(1, "level", "", None)
    monkeypatch.setattr("serving.surveyed.open_holdout", refuse)
    measured, _ = tab.measure(wanted)
    lost, *_, wanted = tab.redraw(1, "level", "", measured)
    assert "its bars are not stored" in lost["value"] and wanted is None


def refuse(*_):
    raise NotEnoughData("its bars are not stored")
