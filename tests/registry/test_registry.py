"""Versions with their evidence: registered, found, promoted, rolled back."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml_core.data.intake.refresh import refresh
from ml_core.errors import BrokenArtifact, ForecastError, InvalidInput, NoChampion
from ml_core.home.settings import Home, find_home
from ml_core.promotion.candidate import Candidate
from ml_core.registry import database
from ml_core.registry.searched import Searched
from ml_core.registry.seats import NOBODY
from ml_core.registry.tracking import connect
from ml_core.registry.versions import Registry
from ml_core.spec.plain import plain
from tests.candidate import fit_candidate
from tests.evidence import evidence_of
from tests.market import NOW, small_experiment

EXPERIMENT = small_experiment(training={"epochs": 1})
NAME, EVIDENCE = EXPERIMENT.model_name, evidence_of(EXPERIMENT)


@pytest.fixture(scope="module")
def home(new_home) -> Home:
    """A home with bars."""
    made = new_home()
    refresh(EXPERIMENT, made, now=NOW)
    return made


@pytest.fixture(scope="module")
def fitted(home) -> Candidate:
    return fit_candidate(EXPERIMENT, home, Searched(trials=3))


def test_nothing_registered_is_an_empty_list_and_no_champion(home, name):
    registry = Registry(home)
    assert registry.versions(name) == []
    with pytest.raises(
        NoChampion,
        match=f"{name} has neither champion nor reference; the first forecast makes it; run: candorcast predict",
    ):
        registry.find(name)
    with pytest.raises(
        InvalidInput, match="has no version '1'; nothing is registered yet; run: candorcast predict"
    ):
        registry.find(name, "1")


def test_a_registered_version_is_found_with_its_evidence_and_loads_as_it_was(home, name, fitted):
    prices, forecaster = fitted.prices, fitted.forecaster
    registry = Registry(home)
    made = registry.register(forecaster, name, EVIDENCE)
    assert (made.name, made.version, made.aliases) == (name, "1", ())
    assert made.spec == EXPERIMENT.spec
    assert made.evidence == EVIDENCE
    assert made.created.tzinfo is not None
    loaded = registry.load(registry.find(name, "1"))
    told = ["ticker", "as_of", "horizon", "mean", "lower", "upper", "scale"]
    assert loaded.predict(prices).select(told).equals(forecaster.predict(prices).select(told))
    assert (loaded.name, loaded.version) == (name, "1")
    assert set(loaded.predict(prices)["version"]) == {"1"}


@pytest.mark.parametrize("writable", [True, False])
def test_who_only_reads_finds_and_loads_the_same_and_changes_nothing(
    new_home, fitted, tmp_path, monkeypatch, writable
):
    made, access = new_home(), os.access
    version = Registry(made).register(fitted.forecaster, NAME, EVIDENCE)
    Registry(made).promote(NAME, version.version)
    copied = Path(shutil.copytree(made.root, tmp_path / "home"))
    before = {
        path: path.read_bytes() for path in copied.rglob("*") if path.suffix != ".db-shm" and path.is_file()
    }
    monkeypatch.setattr(os, "access", lambda path, mode: access(path, mode) and (writable or mode != os.W_OK))
    reader = Registry(find_home(copied))
    assert [found.version for found in reader.everything()] == [version.version]
    assert [found.aliases for found in reader.versions(NAME)] == [("champion",)]
    assert reader.load(reader.find(NAME)).features == fitted.forecaster.features
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("move", [shutil.copytree, shutil.move], ids=["copied", "moved"])
def test_in_a_home_that_was_copied_or_moved_a_new_version_lies_under_it(home, name, fitted, tmp_path, move):
    first = tmp_path / "first"
    shutil.copytree(home.root, first)
    before = Registry(Home(first)).register(fitted.forecaster, name, EVIDENCE)
    move(first, tmp_path / "second")
    lay = set(first.rglob("*")) if first.exists() else set()
    registry = Registry(Home(tmp_path / "second"))
    made = registry.register(fitted.forecaster, name, EVIDENCE)
    assert made.readable, made.read
    assert made.folder.is_relative_to(tmp_path / "second")
    assert registry.find(name, before.version).readable
    assert (set(first.rglob("*")) if first.exists() else set()) == lay


def test_a_version_that_was_deleted_is_not_listed_and_aliases_are(home, name, fitted):
    registry, client = Registry(home), connect(home)
    for _ in range(3):
        registry.register(fitted.forecaster, name, EVIDENCE)
    registry.promote(name, "3")
    client.set_registered_model_alias(name, "before", "3")
    client.delete_model_version(name, "2")
    assert [(found.version, found.aliases) for found in registry.versions(name)] == [
        ("3", ("before", "champion")),
        ("1", ()),
    ]


def test_a_list_out_of_the_database_equals_what_mlflow_tells(home, name, fitted, monkeypatch):
    """So it stays when MLflow changes its tables: then it is asked."""
    registry = Registry(home)
    for _ in range(11):
        registry.register(fitted.forecaster, name, EVIDENCE)
    registry.promote(name, "2")
    listed = registry.versions(name)
    monkeypatch.setattr(database, "VERSIONS", "SELECT version FROM a_table_of_another_name")
    assert registry.versions(name) == listed
    assert [found.version for found in listed] == [str(version) for version in range(11, 0, -1)]


def test_the_champion_moves_by_promotion_and_back_by_another(home, name, fitted):
    registry = Registry(home)
    for _ in range(2):
        registry.register(fitted.forecaster, name, EVIDENCE)
    with pytest.raises(NoChampion):
        registry.find(name)
    registry.promote(name, "1")
    with pytest.raises(ForecastError, match="champion moved to version 1 meanwhile; expected none"):
        registry.promote(name, "2", instead_of=NOBODY)
    registry.promote(name, "2", instead_of="1")
    assert registry.find(name).version == "2"
    assert [(found.version, found.aliases) for found in registry.versions(name)] == [
        ("2", ("champion",)),
        ("1", ()),
    ]
    registry.promote(name, "1")
    assert Registry(home).find(name).version == "1"
    with pytest.raises(InvalidInput, match=r"has no version '7'; it has 1 \(champion\), 2$"):
        registry.promote(name, "7")
    assert registry.find(name).version == "1"


def test_a_promotion_is_refused_when_the_champion_has_moved_meanwhile(home, name, fitted):
    registry = Registry(home)
    for _ in range(3):
        registry.register(fitted.forecaster, name, EVIDENCE)
    registry.promote(name, "2")
    with pytest.raises(ForecastError, match="champion moved to version 2 meanwhile; expected 1"):
        registry.promote(name, "3", instead_of="1")
    assert registry.find(name).version == "2"


def test_models_of_two_names_do_not_meet(home, name, fitted):
    registry = Registry(home)
    registry.register(fitted.forecaster, name, EVIDENCE)
    registry.register(fitted.forecaster, f"other{name}", EVIDENCE)
    registry.promote(name, "1")
    assert [found.version for found in registry.versions(name)] == ["1"]
    with pytest.raises(NoChampion):
        registry.find(f"other{name}")


def test_files_that_went_missing_or_changed_are_refused_by_name(home, name, fitted):
    registry = Registry(home)
    made = registry.register(fitted.forecaster, name, EVIDENCE)
    weights = made.folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(BrokenArtifact, match=r"weights\.safetensors"):
        registry.load(made)
    (made.folder / "evidence.json").write_text("{")
    with pytest.raises(BrokenArtifact, match=f"{name} version 1: evidence unreadable"):
        _ = registry.find(name, "1").evidence


def test_a_version_that_cannot_be_read_is_listed_with_the_reason_and_hides_no_other(home, name, fitted):
    registry = Registry(home)
    for _ in range(3):
        registry.register(fitted.forecaster, name, EVIDENCE)
    file = registry.find(name, "2").folder / "evidence.json"
    file.write_text(file.read_text().replace('"holdout": {', '"held_out": {'))
    found = registry.versions(name)
    assert [(one.version, one.readable) for one in found] == [("3", True), ("2", False), ("1", True)]
    assert found[0].evidence == found[2].evidence == EVIDENCE
    refusal = rf"{name} version 2 was registered by another.*holdout: missing"
    for ask in (lambda: found[1].evidence, lambda: found[1].spec, lambda: registry.load(found[1])):
        with pytest.raises(BrokenArtifact, match=refusal):
            ask()


def test_the_spec_of_an_earlier_candorcast_is_refused_by_version_with_what_to_do(home, name, fitted):
    spec = plain(EXPERIMENT.spec)
    reading = spec.pop("reading")
    spec["features"] = reading["features"]
    spec["task"]["lookback"] = reading["lookback"]
    made = Registry(home).register(fitted.forecaster, name, evidence_of(EXPERIMENT, spec=spec))
    assert made.evidence.spec.model.family == EXPERIMENT.model.family
    with pytest.raises(BrokenArtifact, match=r"version 1 was registered by an earlier candorcast") as refused:
        _ = made.spec
    assert f"run: candorcast search {name.rpartition('.')[0]}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_database_is_made_without_a_word(tmp_path):
    """In a process of its own: MLflow sets how loud it is when it is first imported."""
    made = (
        "from pathlib import Path; from ml_core.home.settings import open_home; "
        "from ml_core.registry.tracking import connect; "
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{made}connect(open_home(Path({str(tmp_path / 'home')!r})))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")
