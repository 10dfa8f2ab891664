"""Builds the wheel and the sdist once, as `python -m build` does, from what is installed: without a network."""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOTS = ("cli", "flows", "ml_core", "serving", "tuning")


@dataclass(frozen=True)
class Built:
    """`unpacked`: the wheel's files, as pip would lay them down."""

    sdist: Path
    wheel: Path
    unpacked: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Built:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(HOUSE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    ([sdist], [wheel]) = out.glob("*.tar.gz"), out.glob("*.whl")
    unpacked = out / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    return Built(sdist, wheel, unpacked)
