"""The notebooks run from their first cell to their last, each in a process of its own, and are kept without outputs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
NOTEBOOKS = sorted((HOUSE / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path) -> list[dict]:
    return [
        one for one in json.loads(path.read_text(encoding="utf-8"))["cells"] if one["cell_type"] == "code"
    ]


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == ["1-data", "2-experiment", "3-search", "4-day"]


@each
def test_it_is_kept_without_outputs(path):
    assert [one["id"] for one in cells(path) if one["outputs"] or one["execution_count"]] == []


@each
@pytest.mark.timeout(240)
def test_it_runs_from_its_first_cell_to_its_last(path, new_home, tmp_path, ray_cluster):
    """What a cell ends in is shown as text, as a notebook would show it."""
    shown = "import ast, json, sys\nnames = {'__name__': '__main__'}\nfor code in json.load(sys.stdin):\n"
    shown += "    tree = ast.parse(code)\n    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None\n"
    shown += "    exec(compile(tree, 'cell', 'exec'), names)\n"
    shown += "    if last: repr(eval(compile(ast.Expression(last.value), 'cell', 'eval'), names))\n"
    own = {"CANDORCAST_HOME": str(new_home().root), "PYTHONPATH": str(HOUSE), "RAY_ADDRESS": ray_cluster}
    code = json.dumps(["".join(one["source"]) for one in cells(path)])
    done = subprocess.run(
        [sys.executable, "-c", shown],
        input=code,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **own},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == ""
