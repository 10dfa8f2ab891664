"""The first page of a report is read by who knows no code: it is true by the tables that follow, and in plain words."""

import re
from dataclasses import replace

import pytest

from ml_core.baselines import BASELINES
from ml_core.bulletin.parts.first import tell_first, tell_verdict
from ml_core.bulletin.parts.judged import tell_holdout
from ml_core.bulletin.report import build_report
from ml_core.bulletin.subject import ReportSubject, open_subject
from ml_core.claims.verdict import ClaimVerdict, Contest
from ml_core.registry.scores import Beside
from ml_core.registry.versions import Registry
from ml_core.reporting.document.document import (
    Document,
    Paragraph,
    Points,
    Table,
)
from ml_core.reporting.document.markdown import write_first, write_markdown
from ml_core.spec import choices
from ml_core.spec.experiment import Experiment
from ml_core.vocabulary import words
from tests.bulletin.seats import SEATS, section
from tests.live.world import BEGIN, evening


def test_the_first_page_of_one_that_was_refused_says_so_and_what_not_to_do(reports, subjects):
    subject = subjects["challenger"]
    (first, *_) = reports["challenger"].first.blocks
    assert first.text == tell_verdict(subject)
    assert first.tone == "bad"
    assert first.text.startswith("Nothing is proven")
    text = write_markdown(reports["challenger"])
    for one in subject.evidence.claims:
        assert words.named(one.why, {rival.rival for rival in one.rivals}) in text
    assert "that is not proven" in text
    assert "You may" not in text


@pytest.mark.parametrize("seat", SEATS)
def test_the_first_page_says_that_the_market_is_made_up(reports, seat):
    told = [one.text for one in reports[seat].first.blocks if isinstance(one, Paragraph)]
    assert any("says anything of real prices" in text and "something was hidden" in text for text in told)
    (points,) = [one for one in reports[seat].first.blocks if isinstance(one, Points)]
    assert "put no money on it" in points.items[0]


def beside(subject: ReportSubject, ahead: str, *named: str) -> ReportSubject:
    """The same version, of which every claim but money is proven beside the rules that are named; one rule is ahead of
    it by each score, the others are far behind."""
    far = {"mse": 9.0, "crps": 9.0, "ic": -0.9, "rank_ic": -0.9}
    evidence = subject.version.evidence
    scores = [
        row.model_copy(
            update={
                "value": 0.4 if row.metric == "ic" else 0.5,
                "beside": {
                    name: Beside(value=0.5 if name == ahead else far[row.metric]) for name in {ahead, *named}
                },
            }
        )
        for row in evidence.scores
        if row.metric in far
    ]
    contests = tuple(Contest(name, 0.1, 0.0, 0.2, 0.001, 100, f"above {name}'s") for name in named)
    claims = tuple(
        ClaimVerdict(name, horizon, "proven", "of those", 0.001, 0.001, 100, contests)
        for name in ("level", "order", "range")
        for horizon in subject.experiment.task.horizons
    )
    told = evidence.model_copy(update={"scores": scores, "claims": claims})
    return replace(subject, version=replace(subject.version, read=told, live={}))


def test_the_first_page_says_of_a_rule_that_no_question_is_decided_against_that_it_agreed_more_closely(
    subjects,
):
    subject = beside(subjects["champion"], "ridge", "ewma", "last")
    told = " ".join(one.text for one in tell_first(subject).blocks if isinstance(one, Paragraph))
    assert "A simple rule agreed more closely with what came than this model did" in told
    assert ": a weighted sum of the same inputs. None of the questions is decided against it" in told
    below = " ".join(one.text for one in tell_holdout(subject).blocks if isinstance(one, Paragraph))
    assert "ridge 0.500 beside 0.400" in below, "the numbers stand further down"
    assert "On the first page ridge is \u201ca weighted sum of the same inputs\u201d" in below


def test_the_first_page_does_not_say_of_a_rule_that_a_question_is_decided_against_that_none_is(subjects):
    subject = beside(subjects["champion"], "ewma", "ewma", "last")
    told = " ".join(one.text for one in tell_first(subject).blocks if isinstance(one, Paragraph))
    assert ": the average of the latest moves. It is among the rules against which" in told
    assert "\u201cwhich goes better than which\u201d" in told
    assert "None of the questions is decided against it" not in told


def test_what_is_proven_is_told_beside_the_rules_that_it_faced_and_one_that_was_as_good_is_named(subjects):
    (points,) = [
        one
        for one in tell_first(beside(subjects["champion"], "ridge", "ewma", "last")).blocks
        if isinstance(one, Points)
    ]
    advice = {
        name: next(one for one in points.items if words.use(name) in one)
        for name in ("level", "order", "range")
    }
    for told in advice.values():
        assert (
            "the rules that are named for it (the average of the latest moves and the last move again)"
            in told
        )
        assert told.endswith("A weighted sum of the same inputs is none of them, and did as well or better.")
    named = tell_first(beside(subjects["champion"], "last", "ewma", "last")).blocks
    assert not any(
        "did as well or better" in item for one in named if isinstance(one, Points) for item in one.items
    )


def test_each_baseline_that_comes_with_candorcast_has_plain_words():
    assert {name for name in choices.names(BASELINES) if name not in words.RULES} == set()
    assert (
        words.rules(["garch", "gjr_garch", "mine"])
        == "common ways to measure how prices swing and the rule mine"
    )


def test_the_first_page_says_where_the_choice_may_be_luck(subjects):
    version = subjects["champion"].version
    searched = version.evidence.search.model_copy(update={"overfitting": 0.67})
    doubted = version.evidence.model_copy(update={"search": searched})
    subject = replace(subjects["champion"], version=replace(version, read=doubted))
    told = " ".join(one.text for one in tell_first(subject).blocks if isinstance(one, Paragraph))
    assert "In 67 % of all checks of that choice" in told


def test_nothing_is_said_to_be_hidden_in_a_market_in_which_nothing_was_planted(subjects):
    subject = subjects["challenger"]
    content = subject.experiment.model_dump()
    content["data"]["simulated"] = {**content["data"].get("simulated", {}), "signal": "none"}
    recipe = subject.evidence.recipe.model_copy(update={"experiment": Experiment.model_validate(content)})
    bare = replace(
        subject,
        version=replace(subject.version, read=subject.evidence.model_copy(update={"recipe": recipe})),
    )
    told = " ".join(one.text for one in tell_first(bare).blocks if isinstance(one, Paragraph))
    assert "nothing was hidden in them" in told


JARGON = (
    r"p [<=]|p below|\bIC\b|CRPS|\bbp\b|squared error|data version|--json|\bseat\b|lstm|transformer|ridge|garch|ewma|"
    r"champion|challenger|refit|\bgate\b|cut into|ways to cut"
)


@pytest.mark.parametrize("seat", SEATS)
def test_the_first_page_is_written_for_who_knows_no_code_and_says_of_what_ahead_is_counted(reports, seat):
    document = reports[seat]
    assert not re.findall(
        JARGON, f"{document.title} {document.subtitle} {write_first(document)}", re.IGNORECASE
    )
    for table in (one for one in reports[seat].first.blocks if isinstance(one, Table)):
        ahead = table.columns.index("how far ahead")
        assert all(re.fullmatch(r"\d+ sessions?", row[ahead]) for row in table.rows)


def test_the_subtitle_of_a_refit_is_in_plain_words_and_its_seat_stands_further_down(refitted):
    document = build_report(replace(refitted, answers=refitted.version))
    assert not re.findall(JARGON, document.subtitle, re.IGNORECASE)
    assert "version 3, the one that answers" in document.subtitle
    assert f"Version 3: {refitted.seat}." in section(document, "How it stands")


@pytest.mark.parametrize(("trials", "told"), [(1, "One model was tried."), (7, "7 models were tried")])
def test_one_model_that_was_tried_is_one(subjects, trials, told):
    version = subjects["challenger"].version
    search = version.evidence.search.model_copy(update={"trials": trials, "families": {}})
    read = version.evidence.model_copy(update={"search": search})
    subject = replace(subjects["challenger"], version=replace(version, read=read))
    text = " ".join(one.text for one in tell_first(subject).blocks if isinstance(one, Paragraph))
    assert told in text
    assert ("scored best" in text) == (trials > 1)


@pytest.mark.parametrize(
    ("adjusted", "told"),
    [
        (0.0004, "once in 1,000 times"),
        (0.00234, "once in 420 times"),
        (0.012, "once in 83 times"),
        (0.05, "once in 20 times"),
        (0.093, "once in 10 times"),
        (0.728, "73 in 100 times"),
        (1.0, "100 in 100 times"),
    ],
)
def test_how_often_luck_does_as_well_is_told_as_the_bound_that_it_is(subjects, adjusted, told):
    version = subjects["challenger"].version
    claims = tuple(
        ClaimVerdict(name, 1, "unproven", "of those", 0.0001, adjusted) for name in ("order", "range")
    )
    read = version.evidence.model_copy(update={"claims": claims})
    subject = replace(subjects["challenger"], version=replace(version, read=read))
    (table,) = [one for one in tell_first(subject).blocks if isinstance(one, Table)]
    place = table.columns.index("by luck alone, at most")
    assert {row[place] for row in table.rows} == {told}
    assert "no more often than that" in table.caption
    assert "all 2 questions paid for" in table.caption


def test_of_a_refit_page_one_and_the_gate_say_the_same_of_how_large_its_moves_are(refitted):
    first = write_markdown(build_report(refitted)).split("\n## ")[0]
    assert re.search(r"\| where the price goes \| \d+ sessions? \| not taken over \| - \|", first)
    assert "proven at" not in first, "what is not taken over is not called proven in the same breath"
    assert "expects moves 3.3 times as large, and nobody has checked moves of that size" in first
    text = write_markdown(build_report(refitted))
    (gate,) = [one for one in build_report(refitted).tables if one.caption.startswith("The gate")]
    (speaks,) = [row for row in gate.rows if row[0] == words.CHECKS["speaks"]]
    assert speaks[1] == "yes"
    assert "0.1 to 8.2 times as far" in speaks[3]
    assert "ahead its moves may be up to 8.2 times as large, for it is trusted 3.3 times as much" in text
    assert "at most 2.5 times as large as those that were judged, whatever the trust" in text


def test_of_a_reference_there_is_one_advice_and_it_is_said_who_answers_now(order, subjects):
    registry, now = Registry(order.home), evening(BEGIN)
    alone = write_first(Document("", "", now.date(), tell_first(subjects["reference"]), ()))
    assert "It is the one that answers now, until a model has earned its place." in alone
    assert "candorcast search" in alone
    registry.promote(order.name, subjects["challenger"].version.version)
    beside_champion = open_subject(order, subjects["reference"].version.version, now=now)
    followed = write_first(Document("", "", now.date(), tell_first(beside_champion), ()))
    champion = subjects["challenger"].version.version
    assert f"Who asks now is answered by version {champion}." in followed
    assert f"Read what is proven of version {champion}, which answers now: `candorcast report" in followed
    assert "until a model" not in followed
    assert "candorcast search" not in followed
    for text in (alone, followed):
        assert text.count("how far a price may go, 1") == 1, "one advice on its range"
        assert "as a rough guide at most" in text
        assert "rely on the range" not in text
