"""The wheel holds all that the code reads, and works where there is no checkout; it is built from the sdist, which so
holds all that it takes."""

import os
import re
import subprocess
import sys
import tarfile

import pytest

from ml_core.spec.file import SHIPPED
from tests.delivery.conftest import HOUSE, ROOTS

CODE = [path for root in ROOTS for path in (HOUSE / root).rglob("*.py")]
EXPERIMENTS = sorted(path.stem for path in SHIPPED.glob("*.toml"))

# Afterwards says of what it loaded which lay elsewhere than in the unpacked wheel.
STRANGERS = """
import sys
from pathlib import Path
roots, home = {roots!r}, Path({home!r})
loaded = {{name: module for name, module in sys.modules.items() if name.split('.')[0] in roots}}
strangers = [name for name, module in loaded.items() if home not in Path(module.__file__ or home / 'x').parents]
assert loaded and not strangers, strangers
"""
WHERE = """
from flows.expansion import TEMPLATE
from ml_core.audit.lockfile import PLACE, read_lock
from ml_core.spec.shipped import PROJECT
from ml_core.spec.file import SHIPPED
from serving.look.scripts import FOLDER, SCRIPTS
for place in (TEMPLATE, PLACE, PROJECT, SHIPPED, *(FOLDER / name for name in SCRIPTS)):
    assert place.exists() and place.is_relative_to({home!r}), place
assert read_lock().pinned > 100
"""
PLAN = """
import yaml
from pathlib import Path
from flows.expansion import expand
from flows.stack.plan import StackPlan
from flows.stack.services import build_deploying, build_environment, build_services, find_elsewhere
from ml_core.home.settings import open_home
plan = StackPlan((find_elsewhere('demo'),), open_home(Path('home')))
assert plan.experiments == ('demo',)
assert [one.name for one in build_services(plan)] == ['prefect', 'mlflow', 'app', 'worker']
folder = Path(build_environment(plan)['CANDORCAST_PROJECT'])
entrypoints = [one['entrypoint'].split(':')[0] for one in yaml.safe_load(expand([{{}}]))['deployments']]
assert len(entrypoints) > 5 and all((folder / file).is_file() for file in entrypoints)
"""
COMMAND = """
import sys
from cli.door import main
sys.argv = ['candorcast', *{arguments!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
"""


@pytest.fixture
def run_packed(built, tmp_path):
    """Runs code from the unpacked wheel, in an empty folder."""

    def run(code: str, **given) -> str:
        told = {"home": str(built.unpacked), "roots": ROOTS, **given}
        own = {name: value for name, value in os.environ.items() if not name.startswith("CANDORCAST")}
        done = subprocess.run(
            [sys.executable, "-c", (code + STRANGERS).format(**told)],
            capture_output=True,
            text=True,
            timeout=200,
            cwd=tmp_path,
            env={**own, "PYTHONPATH": str(built.unpacked)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_every_module_and_every_static_file_is_in_the_wheel(built):
    for root in ROOTS:
        files = [path for path in (HOUSE / root).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        lacking = [path for path in files if not (built.unpacked / path.relative_to(HOUSE)).is_file()]
        assert files and lacking == []


@pytest.mark.parametrize(
    "name", ["prefect.yaml", "constraints.txt", *(f"experiments/{n}.toml" for n in EXPERIMENTS)]
)
def test_what_is_shipped_is_in_the_wheel_byte_for_byte(built, name):
    assert (built.unpacked / "ml_core" / "_shipped" / name).read_bytes() == (HOUSE / name).read_bytes()


def test_nothing_but_shipped_climbs_out_of_its_package():
    """A path beside the packages is there in a checkout alone."""
    climbs = re.compile(r"__file__\).*(parents\[|\.parent\.parent)")
    found = [
        path.relative_to(HOUSE).as_posix() for path in CODE if climbs.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["ml_core/spec/shipped.py"]


def test_the_sdist_holds_what_a_contributor_needs_and_no_state(built):
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "LICENSE", "CONTRIBUTING.md", "docs/architecture.md", "tests/conftest.py"} <= names
    assert not [name for name in names if name.startswith((".venv", ".candorcast", ".git/"))]


def test_the_wheel_says_its_command_and_its_extras(built):
    [entries] = built.unpacked.glob("*.dist-info/entry_points.txt")
    [metadata] = built.unpacked.glob("*.dist-info/METADATA")
    assert "candorcast = cli.door:main" in entries.read_text()
    extras = re.findall(r"^Provides-Extra: (\w+)$", metadata.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(extras) == ["boost", "explain", "gpu", "report", "s3"]


def test_what_the_code_reads_is_found_in_the_wheel(run_packed):
    run_packed(WHERE)


def test_the_plan_of_up_names_flows_that_are_in_the_wheel(run_packed):
    run_packed(PLAN)


def test_the_packed_experiments_can_be_read(run_packed):
    run_packed(
        "from ml_core.spec.file import read_experiment\nfor name in {names!r}: read_experiment(name)\n",
        names=EXPERIMENTS,
    )


def test_a_command_in_an_empty_folder_finds_a_packed_experiment(run_packed):
    assert "search" in run_packed(COMMAND, arguments=("space", "weekly_etfs"))


def test_bars_are_refreshed_by_the_wheel_in_an_empty_folder(run_packed, tmp_path):
    arguments = ("refresh", "demo", "--set", "data.simulated.sessions=300", "--json")
    assert '"inserted": 7800' in run_packed(COMMAND, arguments=arguments)
    assert (tmp_path / ".candorcast").is_dir()
