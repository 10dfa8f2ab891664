"""Every version is listed with its seats and what is proven of it; live evidence is told as the ledger keeps it."""

import base64
import datetime as dt
import hashlib
from html import escape

import polars as pl
import pytest

from ml_core.data.order import place_order
from ml_core.live.ledger import LIVE, open_ledger
from ml_core.live.terms import LiveTerms
from ml_core.registry.certified import Certified
from serving.ui.models import show_one
from tests.serving.conftest import open_client
from tests.serving.world import World


def test_versions_are_listed_the_newest_first_with_their_seats_and_moves(own_world):
    own_world.register()
    own_world.register()
    own_world.register(promote=False)
    listed = open_client(own_world.service()).get("/models").json()
    assert listed["model"] == own_world.name
    assert [one["version"] for one in listed["versions"]] == ["3", "2", "1"]
    assert [one["aliases"] for one in listed["versions"]] == [[], ["champion"], []]
    assert [len(one["sat"]) for one in listed["versions"]] == [0, 1, 1]
    assert listed["versions"][1]["sat"][0]["seat"] == "champion"
    proven = {(one["claim"], one["horizon"]) for one in listed["versions"][1]["proven"]}
    assert proven == {
        (one.claim, one.horizon) for one in own_world.evidence.claims if one.standing == "proven"
    }
    assert {one["family"] for one in listed["versions"]} == {"lstm"}


def test_a_version_whose_evidence_cannot_be_read_is_listed_with_the_reason(own_world):
    own_world.register()
    broken = own_world.register(promote=False)
    (broken.folder / "evidence.json").write_text("{", encoding="utf-8")
    client = open_client(own_world.service())
    first = client.get("/models").json()["versions"][0]
    assert (first["version"], first["family"], first["proven"]) == ("2", None, [])
    assert "evidence" in first["error"]
    asked = client.get("/models/2")
    assert asked.status_code == 503
    assert list(asked.json()) == ["error"]


def test_without_a_version_the_list_is_empty(own_world):
    assert open_client(own_world.service()).get("/models").json()["versions"] == []


@pytest.mark.parametrize("version", ["1", "champion"])
def test_one_version_comes_with_all_that_info_tells_and_where_it_sat(client, version):
    info = client.get("/info").json()
    told = client.get(f"/models/{version}").json()
    sat, card = told.pop("sat"), told.pop("card")
    assert told.pop("certificate_file") is None
    assert f"version {told['version']}" in card.splitlines()[0]
    assert told == info
    assert [one["seat"] for one in sat][-1] == "champion"
    assert dt.date.fromisoformat(sat[0]["since"])


@pytest.mark.parametrize(
    ("version", "status", "line"),
    [
        ("7", 404, "has no version '7'; it has 1 (champion)"),
        ("challenger", 404, "has no challenger"),
        ("king", 422, "version: expected the number of a version, such as 3, or a seat: champion, "),
        ("-1", 422, 'challenger, reference, got "-1"'),
    ],
)
def test_a_version_that_is_not_there_is_refused_in_one_line(client, version, status, line):
    refused = client.get(f"/models/{version}")
    assert refused.status_code == status, refused.text
    assert line in refused.json()["error"]


def watch(world: World) -> None:
    """A claim that was scored on two sessions and is proven, and one that is not asked."""
    since, ledger = dt.date(2019, 6, 3), open_ledger(place_order(world.experiment, world.home))
    asked = LiveTerms("1", "level", 1, 1, since, 40.0, "zero", bound=0.1, unit=0.02, promised=0.001, dates=90)
    ledger.add_terms([asked, LiveTerms("1", "money", 1, 1, since, reason="it is asked on the holdout only")])
    row = {"line": "1", "claim": "level", "horizon": 1, "version": "1", "rows": 6, "data_version": 0}
    days = [since, since + dt.timedelta(days=1)]
    rows = [
        {**row, "as_of": day, "known": day + dt.timedelta(days=1), "difference": 0.01, "counted": 0.01,
         "mean": 0.01, "low": -0.02, "high": 0.04, "better": better, "refuted": 0.5}
        for day, better in zip(days, (3.0, 41.0), strict=True)
    ]  # fmt: skip
    ledger.add_scores(pl.DataFrame(rows, schema=LIVE))


def test_live_evidence_tells_sessions_effect_where_it_lies_and_e_values(own_world):
    own_world.register()
    watch(own_world)
    level, money = open_client(own_world.service()).get("/live").json()["claims"]
    assert (level["version"], level["claim"], level["horizon"], level["sessions"]) == ("1", "level", 1, 2)
    assert (level["effect"], level["effect_low"], level["effect_high"]) == (0.5, -1.0, 2.0)
    assert (level["e_value"], level["e_value_against"], level["needed"]) == (41.0, 0.5, 40.0)
    assert (level["verdict"], level["decided_on"]) == ("proven", "2019-06-05")
    assert (money["verdict"], money["sessions"], money["effect"]) == ("not asked", 0, None)
    assert money["told"] == "not asked live: it is asked on the holdout only"


def test_before_anything_is_watched_there_is_no_live_evidence(client):
    assert client.get("/live").json()["claims"] == []


def test_a_certificate_is_told_of_the_version_wherever_it_is_shown(own_world):
    own_world.register()
    service = own_world.service()
    service.look()
    before = service.info()
    assert before.certificate is None
    assert "No certificate was signed" in show_one(service).evidence
    content = b"what was signed\n"
    signed = Certified(hashlib.sha256(content).hexdigest(), "b2" * 32, "c3c3", "2026-01-02")
    registered = own_world.registry.find(before.model, before.version)
    files = {file: file.stat().st_mtime_ns for file in registered.folder.iterdir()}
    own_world.registry.open_papers(registered).keep(signed, content)
    assert {file: file.stat().st_mtime_ns for file in registered.folder.iterdir()} == files
    service.look()
    assert service.info().certificate == service.info(before.version).certificate == signed
    told = service.model(before.version)
    assert (told.certificate, told.certificate_file) == (signed, content.decode())
    (listed,) = (one for one in service.shelf.models().versions if one.version == before.version)
    assert listed.certificate == signed
    shown = show_one(service).evidence
    assert signed.sha256 in shown and signed.fingerprint in shown
    assert f"base64,{base64.b64encode(content).decode()}" in shown


def test_a_copy_that_was_changed_is_not_given_out(own_world):
    version = own_world.register()
    signed = Certified(hashlib.sha256(b"signed").hexdigest(), "b2" * 32, "c3c3", "2026-01-02")
    own_world.registry.open_papers(version).keep(signed, b"something else")
    assert (
        own_world.registry.open_papers(own_world.registry.find(version.name, version.version)).read() is None
    )


def test_the_card_of_a_version_is_in_its_evidence_and_in_the_tab(service):
    card = service.model(service.info().version).card
    assert card.startswith("# Model card: ")
    assert escape(card) in show_one(service).evidence
