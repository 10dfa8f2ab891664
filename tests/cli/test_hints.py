"""What a refusal says to run is a command that this program knows, about the same file, home and values."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
import typer
from fastapi.testclient import TestClient

from cli.line import app
from ml_core.data.order import place_order
from ml_core.errors import InvalidInput
from ml_core.home.settings import Settings, open_home
from ml_core.home.spelling import spell_out
from ml_core.registry.versions import Registry
from ml_core.spec.file import read_experiment
from serving.app import build_app
from serving.door.access import Access
from serving.experiments import Experiments
from serving.hints import Hints
from serving.service import Service
from serving.ui.forecast import show_forecast
from tests.cli.command_line import run
from tests.market import NOW

HINT = re.compile(r"candorcast (?:refresh|data|search|predict|models|serve|rollback|down|up)\b.*")
ROOMS = ("ml_core", "cli", "serving", "tuning", "flows")
NOPE = ("--set", 'universe.tickers=["ALFA", "BRAV", "CHAR", "NOPE"]')
ALONE = ("--set", 'universe.tickers=["NOPE"]')
TABLE = ("--set", "data.context.table=facts.csv")
MEMBERS = ("--set", "universe.members=members.csv")


def parse(line: str) -> click.Context:
    """The command as the program reads it; nothing is run."""
    words = shlex.split(line)
    assert words[0] == "candorcast"
    group = typer.main.get_command(app)
    name, command, rest = group.resolve_command(group.make_context("candorcast", words[1:]), words[1:])
    return command.make_context(name, rest)


def check(line: str, *, file: str, home: str, sets: tuple[str, ...]) -> None:
    context = parse(line)
    assert context.params["experiment"] == file
    assert Path(context.params["home"]) == Path(home).resolve()
    assert tuple(context.params["sets"] or ()) == sets
    assert read_experiment(context.params["experiment"], tuple(context.params["sets"] or ())).name == "small"


def hints(text: str) -> list[str]:
    return [found.group(0) for found in map(HINT.search, text.splitlines()) if found]


@pytest.mark.parametrize(
    "arguments",
    [
        ("backtest",),
        ("rollback",),
        ("models",),
        ("predict",),
        ("predict", "--version", "challenger"),
        ("evaluate", *ALONE),
        ("data", *ALONE),
        ("search", "--trials", "1", *TABLE),
        ("evaluate", *MEMBERS, *ALONE),
        ("backtest", "--walk", *NOPE),
        ("audit", *ALONE),
    ],
    ids=" ".join,
)
def test_what_a_refusal_says_to_run_is_read_as_the_same_question(file, home, arguments):
    (Path(file).parent / "members.csv").write_text("ticker,from,to\nNOPE,2018-01-01,\n")
    (Path(file).parent / "facts.csv").write_text("known,value\n2018-01-02,1\n2018-01-03,2\n")
    verb, *rest = arguments
    done = run(verb, file, *rest, "--home", home)
    found = hints(done.stderr + done.stdout)
    assert found, done.stderr + done.stdout
    sets = tuple(value for key, value in pairwise(rest) if key == "--set")
    for line in found:
        check(line, file=file, home=home, sets=sets)


@pytest.mark.parametrize("verb", ["evaluate", "predict", "models", "data"])
def test_a_home_that_is_not_there_is_made_by_what_the_refusal_says(file, tmp_path, verb):
    """What only reads makes no home; what writes has made one, and lacks bars or a champion in it."""
    absent = str(tmp_path / "not here")
    done = run(verb, file, "--home", absent, "--set", "search.trials=1")
    for line in hints(done.stderr + done.stdout):
        check(line, file=file, home=absent, sets=("search.trials=1",))
    assert hints(done.stderr + done.stdout)


def test_api_and_app_say_a_command_that_can_be_typed_beside_the_server(file, home):
    sets = ('universe.tickers=["ALFA", "BRAV", "CHAR", "DELT", "ECHO"]',)
    settings = Settings(home=Path(home), experiments=(file,), CANDORCAST_SET="\n".join(sets))
    order = place_order(read_experiment(file, sets), open_home(Path(home)))
    service = Service(order, clock=lambda: NOW, hints=Hints(file, order.home, sets))
    experiments = Experiments({service.experiment.name: service})
    client = TestClient(build_app(experiments, Access(settings), settings), base_url="http://localhost")
    asked = {"ticker": "FOXT"}
    answer = client.post("/predictions/single?alias=challenger", json=asked).json()["error"]
    check(hints(answer)[0], file=file, home=home, sets=sets)
    shown = show_forecast(service, "ALFA", 1, 30, None, "challenger")
    assert "candorcast search" in shown.notice and "--set" in shown.notice


def test_a_command_that_is_spelled_out_stays_and_one_without_an_experiment_gets_its_home(home):
    opened = open_home(Path(home))
    once = spell_out("run: candorcast refresh small --whole", "", home=opened, overrides=())
    assert once == f"run: candorcast refresh small --home {opened.root} --whole"
    told = spell_out("run: candorcast search small", "a b.toml", home=opened, overrides=("name=x",))
    assert parse(told.removeprefix("run: ")).params["experiment"] == "a b.toml"
    assert spell_out(told, "other", home=opened, overrides=("name=x",)) == told
    with pytest.raises(InvalidInput, match="no version '9'"):
        Registry(opened).find("small.simulated", "9")


def written() -> Iterator[tuple[str, str]]:
    """Each command that a message in the code names: its verb and its options."""
    root = Path(__file__).parents[2]
    for path in (path for room in ROOMS for path in sorted((root / room).rglob("*.py"))):
        yield from re.findall(r"run: candorcast (\w+) \{[^}]*\}((?: --[\w-]+)*)", path.read_text())


def test_every_command_that_the_code_names_is_one_of_this_program():
    found = sorted(set(written()))
    assert len(found) > 2
    for verb, options in found:
        parse(f"candorcast {verb} small{options}")
