"""What a search varies is shown as a newcomer reads it, and every trial of the past can be had."""

import json
import shlex

from tests.cli.command_line import run


def test_space_shows_each_key_once_with_its_values_and_who_says_so():
    done = run("space", "demo", "--set", "search.ranges.lstm.hidden=[8,16]", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    rows = {row["key"]: row for row in told["varied"]}
    assert rows["lstm.hidden"] == {
        "key": "lstm.hidden", "families": ["lstm"], "values": "8, 16", "first": 16, "by": "file",
    }  # fmt: skip
    assert rows["training.learning_rate"]["families"] == ["lstm", "attention_lstm", "transformer"]
    assert rows["training.learning_rate"]["values"] == "0.0005 to 0.01, even in its logarithm"
    assert "task.lookback" in told["besides"]["every family"]


def test_the_example_that_space_prints_is_a_search_that_varies_it():
    done = run("space", "demo")
    command = done.stdout.strip().splitlines()[-1].rpartition("candorcast search ")[2]
    key = shlex.split(command)[-1]
    told = json.loads(run("space", "demo", "--set", key, "--json").stdout)
    row = next(row for row in told["varied"] if row["key"] == "task.lookback")
    assert (row["values"], row["by"]) == ("16, 32, 64", "file")


def test_a_ledger_without_a_trial_says_what_to_run(tmp_path):
    (tmp_path / "home").mkdir()
    done = run("ledger", "demo", "--home", str(tmp_path / "home"))
    assert done.exit_code == 2
    assert "no trial was run for demo yet; run: candorcast search demo" in done.stderr
