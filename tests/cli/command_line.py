"""Runs the command line with given arguments, in this process or as one of its own, and gives back its streams
and exit code."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from cli.line import app

CANDORCAST = str(Path(sys.executable).with_name("candorcast"))


def run(*arguments: str) -> Result:
    """In this process: stdout, stderr and the exit code."""
    return CliRunner().invoke(app, arguments)


def candorcast(*arguments: str) -> subprocess.CompletedProcess:
    """The real command."""
    return subprocess.run([CANDORCAST, *arguments], capture_output=True, text=True, timeout=200)
