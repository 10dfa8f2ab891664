"""A report says what is known of a version, whoever it is: a reference, one that was refused, a champion."""

import math
import re
import shlex
from dataclasses import replace

import polars as pl
import pytest

from ml_core.bulletin.parts.explained import ExplainedSession, tell_looked
from ml_core.bulletin.parts.first import tell_first, tell_verdict
from ml_core.bulletin.parts.lost import WHAT
from ml_core.bulletin.replay import replay
from ml_core.bulletin.report import build_report
from ml_core.bulletin.subject import ReportSubject, open_subject
from ml_core.data.order import Order
from ml_core.errors import BrokenArtifact
from ml_core.explain.attribution import attribute_all
from ml_core.forecaster.files import WEIGHTS, checksum
from ml_core.portfolio.comparison import STRATEGY
from ml_core.registry.versions import Registry
from ml_core.reporting.document.document import Document, Figure, Missing, Paragraph, Points, Table
from ml_core.reporting.document.markdown import write_markdown
from ml_core.vocabulary import words
from tests.cli.command_line import run
from tests.contracts.explained import HORIZON, scene_of
from tests.live.world import BEGIN, evening, next_day, open_market, speak
from tests.market import write_experiment

SEATS = ("reference", "challenger", "champion")


@pytest.fixture(scope="module")
def order(new_home) -> Order:
    """A market with a reference and a challenger; both have forecast a session."""
    made = open_market(new_home())
    speak(made, next_day(made, BEGIN))
    return made


@pytest.fixture(scope="module")
def subjects(order) -> dict[str, ReportSubject]:
    """By seat; the champion is the challenger, put there by hand, and read before he gives his place back."""
    registry, now = Registry(order.home), evening(BEGIN)
    found = {seat: open_subject(order, seat, now=now) for seat in ("reference", "challenger")}
    registry.promote(order.name, found["challenger"].version.version)
    return found | {"champion": open_subject(order, "champion", now=now)}


@pytest.fixture(scope="module")
def reports(subjects) -> dict[str, Document]:
    return {seat: build_report(subject) for seat, subject in subjects.items()}


def section(document: Document, title: str) -> str:
    """The text under a heading, as Markdown."""
    return write_markdown(document).split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("seat", SEATS)
def test_every_section_says_something_and_every_number_where_it_comes_from(reports, subjects, seat):
    document, subject = reports[seat], subjects[seat]
    for part in document.every:
        origins = [part.origin, *(one.origin for one in part.blocks if isinstance(one, Table | Figure))]
        for origin in origins:
            assert origin.version == subject.version.version
            assert origin.data_version.isdigit()
            assert re.fullmatch(
                r"candorcast [a-z]+ small( --\S+ \S+)*( [A-Z]+)?( --\S+( [^-]\S*)?)*", origin.command
            ), origin.command


@pytest.mark.parametrize("seat", SEATS)
def test_every_figure_is_told_in_words_and_every_table_has_rows_of_one_width(reports, seat):
    document = reports[seat]
    assert len(document.figures) >= 3
    assert len({one.name for one in document.figures}) == len(document.figures)
    for figure in document.figures:
        assert len(figure.alt) > 40
        assert figure.png.startswith(b"\x89PNG")
    for table in document.tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}


@pytest.mark.parametrize("seat", SEATS)
def test_all_seats_have_the_same_sections(reports, seat):
    assert {one.title for one in reports[seat].sections} == {
        one.title for one in reports["champion"].sections
    }


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
    assert any("says anything of real prices" in text for text in told)
    (points,) = [one for one in reports[seat].first.blocks if isinstance(one, Points)]
    assert "put no money on it" in points.items[0]


def test_the_first_page_names_the_simple_rule_that_did_better_and_a_choice_that_may_be_luck(subjects):
    version = subjects["champion"].version
    scores = [
        row.model_copy(
            update={"beside": {"ridge": next(iter(row.beside.values())).model_copy(update={"value": 0.9})}}
        )
        for row in version.evidence.scores
    ]
    searched = version.evidence.search.model_copy(update={"overfitting": 0.67})
    doubted = version.evidence.model_copy(update={"scores": scores, "search": searched})
    subject = replace(subjects["champion"], version=replace(version, read=doubted))
    told = " ".join(one.text for one in tell_first(subject).blocks if isinstance(one, Paragraph))
    assert "ridge 0.900 beside" in told
    assert "in 67% the best model of one half" in told


def test_the_reference_is_said_to_give_no_direction_and_has_no_worst_days(reports):
    assert "never in which direction" in reports["reference"].first.blocks[0].text
    assert "held nothing" in section(reports["reference"], "In money")
    assert "no worst" in section(reports["reference"], "The risk of the strategy")


def test_the_curves_are_those_of_what_was_judged(subjects):
    again = replay(subjects["challenger"])
    assert again.differs == ""
    assert again.forecasts.height == subjects["challenger"].evidence.holdout.rows


def test_the_months_compound_to_the_total_return(reports, subjects):
    own = replay(subjects["challenger"]).money.accounts.filter(account=pl.lit(STRATEGY))
    total = (1 + own["net"]).product()
    (table,) = [one for one in reports["challenger"].tables if "month by month" in one.caption]
    grown = 1.0
    for row in table.rows:
        for month in filter(None, row[1:-1]):
            grown *= 1 + float(month) / 100
    assert grown == pytest.approx(total, abs=0.005), "each month is rounded to a tenth of a percent"


def test_the_worst_day_of_the_asset_is_its_least_return(reports, subjects):
    held = replay(subjects["challenger"]).money.accounts.filter(account=pl.lit("buy_and_hold"))["net"]
    (table,) = [one for one in reports["challenger"].tables if one.caption.startswith("The asset's")]
    assert float(table.rows[0][1].removesuffix(" %")) == pytest.approx(100 * held.min(), abs=0.005)


@pytest.mark.parametrize("seat", SEATS)
def test_what_moved_a_forecast_adds_up_to_it(reports, seat):
    (table,) = [one for one in reports[seat].tables if one.caption.startswith("What moved")]
    *parts, base, whole = [adds for _, adds in table.rows]
    base, whole = (float(one.removesuffix(" %")) for one in (base, whole))
    if seat == "reference":
        assert "each is a factor: they are multiplied" in table.caption
        made = base * math.prod(map(factor, parts))
        assert whole == pytest.approx(made, rel=0.001 * len(parts)), "each is rounded to a tenth of a percent"
    else:
        made = base + sum(float(one.removesuffix(" %")) for one in parts)
        assert whole == pytest.approx(made, abs=0.0006 * len(parts)), "each is rounded to a thousandth"


def factor(told: str) -> float:
    """`5.0 % wider` as 1.05."""
    number, _, side = told.partition(" % ")
    return 1 + float(number.removesuffix(" %")) / 100 * {"wider": 1, "narrower": -1, "": 1}[side]


def test_an_explanation_of_a_mean_that_is_not_proven_says_so(reports):
    assert "explains a number that is not proven" in section(reports["challenger"], "What it hangs on")


def test_attention_is_told_beside_what_even_attention_would_be():
    scene = scene_of("transformer")
    (told,) = tell_looked(ExplainedSession(scene, "level", HORIZON, attribute_all(scene, HORIZON)))
    assert told.text.endswith("Even attention: 12.5 % on each."), "the window has eight sessions"


def test_a_part_that_is_not_there_is_said(reports):
    (explained,) = [one for one in reports["reference"].sections if one.title == "What it hangs on"]
    missing = {one.what: one.why for one in explained.blocks if isinstance(one, Missing)}
    assert set(missing) == {"What it looked at", WHAT}
    assert all(missing.values())


def test_where_nobody_has_looked_yet_monitoring_is_not_said_to_be_well(reports):
    told = section(reports["reference"], "How it stands")
    assert "nobody has looked yet" in told
    assert "candorcast monitor" in told


def test_a_command_that_helps_is_spelled_as_its_reader_types_it(subjects):
    told = subjects["reference"].lacking("Stored bars", "none; run: candorcast refresh small --whole")
    assert (told.why, told.command) == ("none.", f"{subjects['reference'].spell('refresh')} --whole")
    assert subjects["reference"].lacking("Stored bars", "none").command == ""


@pytest.mark.parametrize("seat", SEATS)
def test_baselines_and_accounts_are_told_in_words_and_not_as_files_spell_them(reports, subjects, seat):
    rivals = {rival.rival for one in subjects[seat].evidence.claims for rival in one.rivals}
    raw = {name for name in (*rivals, *words.ACCOUNTS) if "_" in name}
    cells = " ".join(cell for table in reports[seat].tables for row in table.rows for cell in row)
    assert raw
    assert {name for name in raw if name in cells} == set()


@pytest.mark.parametrize("seat", ["challenger", "champion"])
def test_what_it_would_lose_is_drawn_with_intervals_before_it_stands_in_a_table(reports, seat):
    (hangs,) = [one for one in reports[seat].sections if one.title == "What it hangs on"]
    (figure,) = [one for one in hangs.blocks if isinstance(one, Figure) and one.name == "importance"]
    (table,) = [one for one in hangs.blocks if isinstance(one, Table) and "would lose" in one.caption]
    assert hangs.blocks.index(figure) < hangs.blocks.index(table)
    assert "between" in figure.alt
    assert "--importance" in figure.origin.command, "of one claim, as the command tells it"
    assert "candorcast report" in table.origin.command, "of all claims"
    assert len(table.rows) >= 2


def test_where_the_money_came_from_adds_up_to_the_total_return_each_way(reports, subjects):
    (table,) = [one for one in reports["challenger"].tables if one.caption.startswith("Where the money")]
    parts: dict[str, list[float]] = {}
    for way, _, gain in table.rows:
        parts.setdefault(way, []).append(float(gain.removesuffix(" %")))
    (total,) = parts.pop("in all")
    assert total == pytest.approx(100 * replay(subjects["challenger"]).origins.total, abs=0.006)
    assert set(parts) >= {"by side", "by ticker"}
    for gains in parts.values():
        assert sum(gains) == pytest.approx(total, abs=0.006 * (len(gains) + 1)), "each is rounded"


def test_of_who_held_nothing_no_money_came_from_anywhere(reports):
    assert "nothing was held, so nothing was earned or lost" in section(reports["reference"], "In money")


def test_how_to_get_the_same_again_names_the_weights_and_the_command(reports, subjects):
    version = subjects["champion"].version
    text = section(reports["champion"], "How to get the same again")
    assert checksum(version.folder / WEIGHTS) in text
    assert f"candorcast rebuild {version.name}" in text
    assert f"--version {version.version}" in text


def test_the_line_that_signs_a_version_works_as_printed_for_who_has_no_key(reports, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = section(reports["challenger"], "How to get the same again")
    (line,) = re.findall(r"`(candorcast certify [^`]+)`", text)
    _, verb, name, *asked = shlex.split(line)
    assert name == "small"  # known by its name below the front door; here it lies in a file of its own
    done = run(verb, str(write_experiment(tmp_path)), *asked)
    assert done.exit_code == 0, done.output
    assert {file.suffix for file in tmp_path.iterdir()} >= {".pem", ".certificate"}


def test_of_a_version_that_cannot_be_read_it_says_why_and_what_to_do(subjects):
    why = "small.simulated version 2: evidence unreadable: cut short; run: candorcast search small"
    broken = replace(subjects["challenger"].version, read=BrokenArtifact(why))
    text = write_markdown(build_report(replace(subjects["challenger"], version=broken, judged=None, why=why)))
    assert "Version 2 cannot be read." in text
    assert "evidence unreadable: cut short." in text
    assert "A holdout: not there." in text


def test_where_the_weights_are_gone_the_curves_are_said_to_be_missing_and_the_rest_stands(subjects):
    weights = subjects["challenger"].version.folder / WEIGHTS
    kept = weights.read_bytes()
    weights.write_bytes(kept[:-1])
    try:
        document = build_report(subjects["challenger"])
    finally:
        weights.write_bytes(kept)
    assert "Curves, months and costs: not there." in section(document, "In money")
    assert "| total return |" in section(document, "In money")
