"""The code on docs/python.md runs as it stands there, from the first block to the last."""

import re
from pathlib import Path

import polars as pl
import pytest

from ml_core.frames import ANSWERED

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.usefixtures("ray_cluster", "forgotten")
def test_the_page_runs_from_its_first_line_to_its_last(new_home, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANDORCAST_HOME", str(new_home().root))
    names: dict = {}
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), names)
    assert pl.Schema(names["answer"].table.schema) == pl.Schema(ANSWERED)
    assert names["own"].prices().height == names["prices"].height
    assert names["traded"].summary["holdout"]
