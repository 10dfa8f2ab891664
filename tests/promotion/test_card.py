"""The card of a version says what it is for who meets it for the first time, and lies among its files in MLflow."""

from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.promotion.card import write_card
from ml_core.promotion.judge import promote_candidate
from ml_core.registry.files import CARD, FOLDER
from ml_core.registry.searched import Searched
from ml_core.registry.tracking import connect
from ml_core.registry.versions import Registry
from ml_core.vocabulary import words
from tests.candidate import fit_candidate
from tests.market import NOW, small_experiment

SECTIONS = ("Data", "Spec", "What is proven of it", "Limits", "How to get the same again")


@pytest.fixture(scope="module")
def registered(new_home):
    home, experiment = new_home(), small_experiment()
    refresh(experiment, home, now=NOW)
    made = promote_candidate(
        experiment, home, fit_candidate(experiment, home, Searched(trials=7)), now=NOW
    ).version
    return home, Registry(home).find(made.name, made.version)


def test_every_registered_version_has_its_card_among_its_files_in_mlflow(registered, tmp_path):
    home, version = registered
    client = connect(home)
    run = client.get_model_version(version.name, version.version).run_id
    kept = Path(client.download_artifacts(run, f"{FOLDER}/{CARD}", str(tmp_path)))
    assert kept.read_text(encoding="utf-8") == version.card
    assert version.card.startswith(f"# Model card: {version.name}, version {version.version}\n")


def test_the_same_evidence_gives_the_same_card(registered):
    _, version = registered
    assert write_card(version.name, version.evidence, version.version) == version.card


def test_a_card_tells_data_spec_verdicts_limits_and_how_to_get_the_same_again(registered):
    _, version = registered
    card, evidence = version.card, version.evidence
    for title in SECTIONS:
        assert f"\n## {title}\n" in card
    assert f"| data version | {evidence.data_version} |" in card
    assert f'"seed": {evidence.spec.seed}' in card
    assert f"candorcast rebuild {version.name} --version {version.version}" in card
    for one in evidence.claims:
        assert f"| {words.claim(one.claim)} | {one.horizon} | {one.standing} |" in card
    raw = {rival.rival for one in evidence.claims for rival in one.rivals if "_" in rival.rival}
    assert raw
    assert not any(name in card for name in raw)


def test_of_a_reference_the_gate_was_not_asked_and_one_feature_is_one(registered):
    _, version = registered
    changed = {"role": "reference", "features": version.evidence.features[:1]}
    card = write_card(version.name, version.evidence.model_copy(update=changed), version.version)
    assert "The gate: not asked: a reference." in card
    assert "It reads 1 feature: " in card
    chosen = write_card(version.name, version.evidence, version.version)
    assert f"The gate: {version.evidence.told_gate}." in chosen
    assert "not asked: a reference" not in chosen


def test_a_version_of_before_there_were_cards_has_none(registered, tmp_path):
    _, version = registered
    assert type(version)(**{**vars(version), "folder": tmp_path}).card == ""
