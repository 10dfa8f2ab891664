"""The tab of monitoring shows what was found at the last look, and a person can say that he knows of an alarm."""

import datetime as dt

import pytest

from ml_core.data.order import place_order
from ml_core.monitoring.finding import Finding
from ml_core.monitoring.watch import watch
from serving.figures.monitoring import tell_subject
from serving.ui.monitoring import show_monitoring
from serving.ui.today import show_today
from tests.market import NOW

DAY = dt.date(2019, 9, 3)
BROKEN = Finding("<b>ALFA</b>", 4.0, 1.0, "4 times what is usual <i>there</i>", "refit")
SOUND = Finding("BRAV", 0.5, 1.0, "half of what is allowed")


@pytest.fixture
def service(own_world):
    own_world.register()
    return own_world.service()


def test_before_the_first_look_it_says_what_to_run(service):
    shown = show_monitoring(service)
    assert "candorcast monitor small" in shown.notice
    assert not shown.looks


def test_what_a_real_look_found_stands_there_check_by_check(service, own_world):
    watched = watch(place_order(own_world.experiment, own_world.home), now=NOW)
    shown = show_monitoring(service)
    assert not shown.notice
    for check, findings in watched.found.items():
        assert (f"<h2>{check.capitalize()}</h2>" in shown.looks) is bool(findings)
        for one in findings:
            assert tell_subject(check, one.subject) in shown.looks


def test_a_lane_a_check_shows_its_nearest_finding_and_marks_what_is_beyond_what_is_allowed(service):
    unknown = Finding("CHAR", float("nan"), 1.0, "not known")
    service.record().keep(
        DAY, {"inputs": [BROKEN, SOUND, unknown], "bars": [Finding("DELT", 1.0, 0.0, "one")]}
    )
    service.record().keep(DAY + dt.timedelta(days=1), {"inputs": [SOUND], "bars": []})
    figure = show_monitoring(service).distances
    assert list(figure.layout.yaxis.ticktext) == ["Bars", "Inputs"]
    inputs = next(trace for trace in figure.data if len(trace.x) == 2 and trace.mode == "lines+markers")
    assert ["&lt;b&gt;ALFA" in inputs.text[0], "BRAV" in inputs.text[1]] == [True, True]
    (alarms,) = [trace for trace in figure.data if trace.name == "Alarm"]
    assert list(alarms.x) == [DAY, DAY]
    assert "<b>" not in f"{[trace.text for trace in figure.data]}"
    assert (
        "Alarms: 2, of bars and inputs. At last, as a share of what is allowed: inputs 50 %."
        in figure.layout.meta["alt"]
    )


def test_of_one_look_each_lane_has_a_line_for_what_is_allowed_and_the_one_day_is_named_once(service):
    service.record().keep(DAY, {"inputs": [SOUND], "bars": [SOUND]})
    figure = show_monitoring(service).distances
    allowed = [trace for trace in figure.data if trace.name == "What is allowed"]
    assert len(allowed) == 2
    for trace in allowed:
        assert trace.x[1] - trace.x[0] >= dt.timedelta(days=1)
    assert list(figure.layout.xaxis.tickvals) == [DAY]
    for later in range(1, 40):
        service.record().keep(DAY + dt.timedelta(days=later), {"inputs": [SOUND]})
    named = show_monitoring(service).distances.layout.xaxis.tickvals
    assert (len(named), named[0], named[-1]) == (5, DAY, DAY + dt.timedelta(days=39))


def test_inputs_are_named_in_the_words_that_explanations_use(service):
    service.record().keep(DAY, {"inputs": [Finding("relative_momentum_20", 2.0, 1.0, "far", "refit")]})
    shown = show_monitoring(service)
    for part in (shown.looks, shown.alarms, str(shown.distances.data[0].text)):
        assert "20-session momentum against the market" in part
        assert "relative_momentum" not in part


def test_an_alarm_is_told_by_more_than_its_colour_and_nothing_of_it_is_markup(service):
    service.record().keep(DAY, {"inputs": [BROKEN, SOUND]})
    shown = show_monitoring(service)
    assert "400% of what is allowed, an alarm" in shown.looks
    assert shown.looks.index("&lt;b&gt;ALFA") < shown.looks.index("BRAV")
    assert "<b>ALFA" not in shown.alarms + shown.looks
    assert "<i>there" not in shown.alarms + shown.looks
    assert ">open<" in shown.alarms


def test_the_board_says_first_that_an_alarm_waits(service):
    assert "alarm" not in show_today(service, 1).notice
    service.record().keep(DAY, {"inputs": [BROKEN]})
    assert "1 alarm waits under Monitoring: 4 times what is usual" in show_today(service, 1).notice
    service.answer_alarm(1)
    assert "alarm" not in show_today(service, 1).notice


def test_a_person_says_that_he_knows_and_that_stays_on_record(service):
    service.record().keep(DAY, {"inputs": [BROKEN]})
    service.answer_alarm(1)
    assert service.record().find(1).acknowledged == NOW.date()
    assert ">acknowledged<" in show_monitoring(service).alarms
    service.answer_alarm(1, muted=True)
    assert service.record().find(1).muted == NOW.date()


def test_an_alarm_that_is_over_is_shown_no_more(service):
    service.record().keep(DAY, {"inputs": [BROKEN]})
    calm = Finding(BROKEN.subject, 0.2, 1.0, "as usual")
    service.record().keep(DAY + dt.timedelta(days=1), {"inputs": [calm]})
    shown = show_monitoring(service)
    assert "Everything that was looked at holds" in shown.alarms
    assert "<polyline" in shown.looks
