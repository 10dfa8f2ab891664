"""The page of the features is what the code says."""

import json
from pathlib import Path

from ml_core.features.listing import list_features, write_markdown
from ml_core.features.table import known_features
from tests.cli.command_line import run

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_page_is_current():
    told = "docs/features.md is old; run: candorcast features --markdown > docs/features.md"
    assert PAGE.read_text(encoding="utf-8") == write_markdown(), told


def test_every_feature_is_listed_once_with_its_history_and_a_line_about_it():
    rows = list_features()
    assert {str(row["feature"]) for row in rows} > set(known_features())
    assert len({row["feature"] for row in rows}) == len(rows)
    assert [row["feature"] for row in rows if not row["what it is"] or not row["made of"]] == []


def test_the_command_lists_them_as_a_table_as_json_and_as_the_page():
    assert "momentum_rank_20" in run("features").stdout
    assert json.loads(run("features", "--json").stdout) == list_features()
    assert run("features", "--markdown").stdout == PAGE.read_text(encoding="utf-8")
