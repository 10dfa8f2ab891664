"""The command line: `candorcast COMMAND EXPERIMENT [--set key=value …] [--home DIR] [--json]`."""

import os
import warnings

from cli import experiments, files, models, reasons, services
from cli.declaration import app

DECLARED = (files, experiments, reasons, models, services)  # help lists their commands in this order


def main() -> None:
    """The door: every known failure becomes one line and an exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"ray\..*")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    app(prog_name="candorcast")
