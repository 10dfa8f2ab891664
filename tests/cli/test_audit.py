"""What an audit shows: a row per stage, each finding by name, and an exit code that a script can go by."""

import datetime as dt
import json

from cli.commands.audit import count_rows, tell
from cli.terminal import Terminal
from ml_core.evaluation.leakage import Audit, ColumnLeak, StageComparison

DAY = dt.date(2024, 1, 5)
LOOKS = tuple(
    StageComparison(stage, change, DAY, rows, 3)
    for stage, change, rows in (
        ("features", "changed", 40),
        ("features", "shuffled", 90),
        ("targets", "misaligned", 7),
    )
)
FINDING = ColumnLeak("changed", DAY, "momentum_5", 3, {"date": DAY, "ticker": "ALFA"}, 0.1, "features")


def test_a_finding_ends_with_1_and_stands_in_the_document_by_name(capsys):
    terminal = Terminal(as_json=True)
    assert tell(terminal, Audit(LOOKS, (FINDING,)), "small") == 1
    terminal.close()
    document = json.loads(capsys.readouterr().out)
    (found,) = document["findings"]
    assert (found["stage"], found["column"], found["first"]["ticker"]) == ("features", "momentum_5", "ALFA")
    assert found["first"]["date"] == found["as_of"] == "2024-01-05"
    assert document["rows"] == 137


def test_findings_are_told_on_the_screen_a_dozen_at_most(capsys):
    assert tell(Terminal(), Audit(LOOKS, (FINDING,) * 15), "small") == 1
    shown = capsys.readouterr()
    assert "15 findings" in shown.out
    assert shown.err.count("features: momentum_5 up to 2024-01-05 changes when later rows are changed") == 12
    assert "and 3 more findings" in shown.err


def test_no_finding_ends_with_0(capsys):
    assert tell(Terminal(), Audit(LOOKS, ()), "small") == 0
    assert "137 rows compared: nothing knows the future" in capsys.readouterr().out


def test_a_stage_has_one_row_with_what_was_compared_under_each_change():
    features, targets = count_rows(Audit(LOOKS, (FINDING,)).counts())
    assert (features["changed"], features["shuffled"], features["misaligned"]) == (40, 90, None)
    assert features["findings"] == 1
    assert (targets["misaligned"], targets["findings"]) == (7, 0)
