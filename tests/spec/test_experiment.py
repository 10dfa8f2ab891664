"""The experiment file: what is shipped is valid, what is wrong is told in one line that names it."""

import datetime as dt
import tomllib
from pathlib import Path

import pytest

from ml_core.data.source import open_source
from ml_core.errors import InvalidInput
from ml_core.features.table import chosen_names
from ml_core.forecaster.learners import configure
from ml_core.models.family import complete
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Experiment, Model, Reading, RunSpec, Task
from ml_core.spec.file import SHIPPED, find_experiment, read_experiment, write_spec
from tests.market import small_experiment, write_experiment
from tuning.points import first_params
from tuning.space import build_space, spec_of

SHIPPED_NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))


@pytest.fixture
def file(tmp_path) -> Path:
    return write_experiment(tmp_path)


def test_the_four_experiments_of_the_story_are_shipped():
    assert set(SHIPPED_NAMES) >= {"demo", "weekly_etfs", "single_stock", "cross_section"}


@pytest.mark.parametrize("overrides", [(), ("data.source=simulated",)], ids=["as shipped", "simulated"])
@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_every_shipped_experiment_is_valid_down_to_its_chosen_parts(name, overrides):
    experiment = read_experiment(name, overrides)
    assert experiment.name == name
    assert not overrides or open_source(experiment).identity.startswith("simulated-")
    open_source(experiment)
    configure(experiment.model)
    assert chosen_names(experiment.features)
    space = build_space(experiment)
    for params in first_params(experiment, space):
        configure(spec_of(experiment, params).model)


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("task.lookbak=3", "unknown key 'task.lookbak'; did you mean 'task.lookback'?"),
        ("trainin.epochs=3", "unknown key 'trainin.epochs'; did you mean 'training.epochs'?"),
        ("gate.significanse=0.1", "unknown key 'gate.significanse'; did you mean 'gate.significance'?"),
        ("zzz=1", "unknown key 'zzz'; expected one of name, universe, data, task"),
        ("task.lookback=3", "task.lookback: expected at least 4, got 3"),
        ("task.lookback=soon", "task.lookback: expected a whole number such as 60"),
        ("training.epochs=true", "training.epochs: expected a whole number such as 20, got true"),
        ('training.epochs="5"', "training.epochs: expected a whole number such as 20, got '5'"),
        ("strategy.cost_bps=true", "strategy.cost_bps: expected a number such as 5.0, got true"),
        ('validation.expanding="yes"', "validation.expanding: expected true or false, got 'yes'"),
        ("task.horizons=[5, 1]", "task.horizons: expected increasing numbers of sessions"),
        ("task.horizons=[]", "task.horizons: expected increasing numbers of sessions"),
        ("task.horizons=[0]", "task.horizons.0: expected a number above 0, got 0"),
        ("task.layout=triple", "task.layout: expected 'pooled' or 'joint', got 'triple'"),
        ("task.frequency=hourly", "task.frequency: expected 'daily' or 'weekly', got 'hourly'"),
        (
            "universe.tickers=[]",
            'universe.tickers: expected a list of at least 1 such as ["SPY", "QQQ"], got []',
        ),
        ('universe.tickers=["A", "A"]', "universe.tickers: listed more than once: A"),
        (
            'universe.tickers=["A B"]',
            "universe.tickers: expected tickers without spaces and slashes, such as",
        ),
        ('universe.sectors={ZZ="x"}', "sectors names tickers that are not in the universe: ZZ"),
        ("training.learning_rate=0", "training.learning_rate: expected a number above 0, got 0"),
        ("training.precision=float8", "training.precision: expected 'auto', 'float32' or 'bfloat16'"),
        (
            "validation.train=-1",
            "validation.train: expected 1 or more sessions, a share of all such as 0.2, got -1",
        ),
        (
            "validation.train=2020-01-01",
            "validation.train: expected 1 or more sessions, a share of all such as 0.2",
        ),
        (
            "validation.test=nan",
            "validation.test: expected 1 or more sessions, a share of all such as 0.2, got nan",
        ),
        (
            "validation.holdout=soon",
            "a share of all such as 0.2, or the date on which it begins such as 2023-01-01",
        ),
        (
            "validation={train=0.7, test=10, holdout=0.3}",
            "train 0.7 and holdout 0.3 are shares of all sessions",
        ),
        ("validation.step=5", "validation: step 5 is shorter than test 24"),
        ("strategy.horizon=9", "strategy.horizon 9 is not forecast; expected one of 1, 3"),
        ("gate.coverage=1.5", "gate.coverage: expected a number below 1, got 1.5"),
        ("name=a/b", "name: expected letters, digits, - and _ only such as \"my_etfs\", got 'a/b'"),
        ("search.trials=0", "search.trials: expected a number above 0, got 0"),
        ("task=3", "task: expected a table of keys such as { horizons = [1, 5] }, got 3"),
    ],
)
def test_each_bad_value_is_told_in_one_line_that_names_its_key(file, override, told):
    with pytest.raises(InvalidInput) as error:
        read_experiment(str(file), (override,))
    line = str(error.value)
    assert line.startswith(("small.toml: ", f"--set {override}: "))
    assert told in line
    assert "\n" not in line


def test_dates_the_wrong_way_round_are_named(file):
    with pytest.raises(InvalidInput, match="data: start 2024-01-01 is not before end 2023-01-01"):
        read_experiment(str(file), ("data.start=2024-01-01", "data.end=2023-01-01"))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({"family": "lstn"}, r"unknown family 'lstn'; did you mean 'lstm'\?"),
        ({"family": "lstm", "hiden": 3}, r"model \(lstm\): unknown key 'hiden'; did you mean 'hidden'\?"),
        (
            {"family": "lstm", "hidden": 0},
            r"model \(lstm\): hidden: expected a whole number from 1, or one for each layer such as \[64, 32\], got 0",
        ),
        ({"family": "transformer", "width": 6, "heads": 4}, "width 6 is not a multiple of heads 4"),
    ],
)
def test_a_family_and_its_fields_are_checked_by_name(model, told):
    with pytest.raises(InvalidInput, match=told):
        configure(Model(**model))


def test_an_unknown_feature_or_group_is_answered_with_the_nearest():
    for features, told in (
        ({"names": ["momentun_5"]}, r"unknown feature 'momentun_5'; did you mean 'momentum_5'\?"),
        ({"groups": ["momentums"]}, r"features.groups: unknown group 'momentums'; did you mean 'momentum'\?"),
    ):
        with pytest.raises(InvalidInput, match=told):
            chosen_names(
                small_experiment().features.model_copy(update={"names": (), "groups": (), **features})
            )


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("task.lookback=30", lambda e: e.task.lookback == 30),
        ("task.lookback = 30", lambda e: e.task.lookback == 30),
        ("task.horizons=[1, 2]", lambda e: e.task.horizons == (1, 2)),
        ("data.source=simulated", lambda e: e.data.source == "simulated"),
        ('data.source="files"', lambda e: e.data.source == "files"),
        ("validation.expanding=true", lambda e: e.validation.expanding is True),
        ("data.start=2020-01-02", lambda e: str(e.data.start) == "2020-01-02"),
        ("data.simulated.ic=0.2", lambda e: e.data.options["simulated"]["ic"] == 0.2),
        ("model.hidden=64", lambda e: e.model.options["hidden"] == 64),
        ("training.learning_rate=1e-3", lambda e: e.training.learning_rate == 0.001),
        ('universe.benchmark="BRK=B"', lambda e: e.universe.benchmark == "BRK=B"),
        ("universe.benchmark=BRK=B", lambda e: e.universe.benchmark == "BRK=B"),
        ('search.ranges={"lstm.hidden" = [8]}', lambda e: e.search.ranges == {"lstm.hidden": [8]}),
    ],
)
def test_an_override_is_read_as_toml_or_else_as_text(file, override, read):
    assert read(read_experiment(str(file), (override,)))


def test_a_later_override_wins(file):
    assert read_experiment(str(file), ("task.lookback=30", "task.lookback=20")).task.lookback == 20


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("task.lookback", "--set task.lookback: expected key=value"),
        ("=3", "--set =3: expected key=value"),
        ("name.deeper=3", "--set name.deeper=3: 'name' is a value, not a section"),
    ],
)
def test_an_override_that_is_none_is_refused(file, override, told):
    with pytest.raises(InvalidInput) as error:
        read_experiment(str(file), (override,))
    assert told in str(error.value)


def test_what_is_wrong_is_told_of_the_override_that_brought_it_and_else_of_the_file(file):
    with pytest.raises(
        InvalidInput, match=r"^--set gate\.coverage=1\.5: gate\.coverage: expected a number below 1"
    ):
        read_experiment(str(file), ("task.lookback=9", "gate.coverage=1.5"))
    file.write_text(file.read_text().replace("lookback", "lookbak"))
    with pytest.raises(InvalidInput, match=r"^small\.toml: unknown key 'task\.lookbak'"):
        read_experiment(str(file), ("gate.coverage=0.8",))


def test_an_unknown_section_is_told_of_the_override_that_made_it_with_what_was_meant(file):
    with pytest.raises(
        InvalidInput, match=r"^--set tsk\.x=1: unknown key 'tsk\.x'; did you mean 'task\.x'\?$"
    ):
        read_experiment(str(file), ("task.lookback=9", "tsk.x=1"))
    file.write_text(f"{file.read_text()}\n[tsk]\ny = 1\n")
    with pytest.raises(InvalidInput, match=r"^small\.toml: unknown key 'tsk'; did you mean 'task'\?$"):
        read_experiment(str(file), ("tsk.x=1",))


def test_a_file_that_lies_here_is_not_taken_for_an_experiment_and_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.toml").touch()
    with pytest.raises(
        InvalidInput, match=r"^no experiment 'my', but a file my\.toml lies here; expected my\.toml$"
    ):
        find_experiment("my")


def test_of_very_many_names_that_are_not_near_the_first_are_told():
    told = nearest("qqqq", [f"feature_{number}" for number in range(300)])
    assert told.endswith("feature_39 and 260 more")


def test_a_file_is_found_by_path_or_name_and_an_unknown_one_is_answered_with_the_nearest(
    file, tmp_path, monkeypatch
):
    assert find_experiment(str(file)) == file
    assert find_experiment("demo").name == "demo.toml"
    (tmp_path / "experiments").mkdir()
    mine = write_experiment(tmp_path / "experiments").rename(tmp_path / "experiments" / "mine.toml")
    monkeypatch.chdir(tmp_path)
    assert find_experiment("mine").resolve() == mine
    with pytest.raises(InvalidInput, match=r"no experiment 'demmo'; did you mean 'demo'\?"):
        find_experiment("demmo")


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe\x00", b"[a]\n[a]\n"])
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path, content):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"broken\.toml: not a TOML file"):
        read_experiment(str(path))


def test_an_empty_file_is_told_what_is_missing(tmp_path):
    path = tmp_path / "empty.toml"
    path.touch()
    with pytest.raises(InvalidInput, match=r"empty\.toml: name: missing"):
        read_experiment(str(path))


@pytest.mark.parametrize("family", ["lstm", "attention_lstm", "transformer"])
def test_a_spec_written_as_toml_reads_back_as_the_same_spec(family):
    found = small_experiment(model={"family": "lstm"})
    spec = found.spec.model_copy(update={"model": complete(Model(family=family))})
    content = {**found.model_dump(mode="json", exclude_none=True), **tomllib.loads(write_spec(spec))}
    assert Experiment.model_validate(content).spec == spec
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_digest_changes_with_any_value_and_with_nothing_else(file):
    first = read_experiment(str(file))
    assert first.digest() == read_experiment(str(file)).digest()
    assert first.digest() != read_experiment(str(file), ("training.epochs=3",)).digest()


def test_lengths_of_a_split_survive_being_written_down():
    said = {"train": 0.5, "test": 20, "holdout": "2019-01-02"}
    experiment = small_experiment(validation=said)
    assert experiment.validation.holdout == dt.date(2019, 1, 2)
    again = Experiment.model_validate_json(experiment.model_dump_json())
    assert again == experiment
    assert again.digest() == experiment.digest()
    assert small_experiment(validation={"train": "100"}) == small_experiment(validation={"train": 100.0})


def test_an_experiment_of_before_that_names_its_families_keeps_its_digest_so_that_its_search_resumes():
    """As files were written, and as the digest was, before a spec parted what is asked from how a model reads."""
    search = {"families": ["lstm", "attention_lstm", "transformer"], "cpus_per_trial": 1}
    experiment = small_experiment(search=search)
    assert experiment.digest() == "7942b824ff7e"
    spec = experiment.spec
    assert spec.task == Task(horizons=(1, 3))
    assert spec.reading == Reading(lookback=8, features=experiment.features)


def test_a_spec_says_the_seeds_and_the_objective_of_its_experiment():
    spec = small_experiment(validation={"seeds": 3}, search={"objective": "mse"}).spec
    assert (spec.seed, spec.seeds, spec.objective) == (0, 3, "mse")


def test_an_experiment_is_frozen(file):
    with pytest.raises(ValueError, match="frozen"):
        read_experiment(str(file)).task.lookback = 3
