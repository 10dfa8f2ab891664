"""`candorcast live` as a user meets it: calm while nothing has come, then a table, a curve, a picture."""

import json

import pytest

from tests.cli.command_line import run
from tests.live.world import BEGIN, EXPERIMENT, live_through, open_market, speak


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> str:
    import tomlkit

    path = tmp_path_factory.mktemp("live") / "small.toml"
    path.write_text(tomlkit.dumps(EXPERIMENT.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    return str(path)


def test_nothing_to_score_yet_is_said_with_what_is_missing_and_then_it_is_shown(asked, new_home, tmp_path):
    home, picture = new_home(), tmp_path / "live.png"
    options = (asked, "--home", str(home.root))
    empty = run("live", *options, "--out", str(picture))
    assert empty.exit_code == 0, empty.stderr
    assert "no forecast was written yet before its outcome could be known" in empty.stdout
    assert f"candorcast refresh {asked} --home {home.root}" in empty.stdout
    assert "nothing to draw yet" in empty.stdout
    assert not picture.exists()

    order = open_market(home)
    speak(order, BEGIN)
    early = run("live", *options)
    assert f"forecasts are written since the session of {BEGIN}" in early.stdout
    assert "nothing scored yet" in early.stdout

    live_through(order, BEGIN, days=3, looking=False)
    done = run("live", *options, "--out", str(picture))
    assert done.exit_code == 0, done.stderr
    assert picture.stat().st_size > 10_000
    assert "order" in done.stdout
    assert "money 1 ahead, money 3 ahead: not asked live" in done.stdout
    document = json.loads(run("live", *options, "--json").stdout)
    order_1 = next(one for one in document["claims"] if (one["claim"], one["horizon"]) == ("order", 1))
    assert (order_1["sessions"], order_1["verdict"], document["scored"]) == (3, "open", 0)
    assert order_1["low"] <= order_1["mean"] <= order_1["high"]


def test_a_picture_that_is_no_png_is_refused(asked, new_home, tmp_path):
    done = run("live", asked, "--home", str(new_home().root), "--out", str(tmp_path / "live.txt"))
    assert done.exit_code == 2
    assert "expected a name that ends in .png" in done.stderr
