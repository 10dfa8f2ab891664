"""The search tab shows what was tried as it stands on disk: running, ended, and before anybody searched."""

from dataclasses import replace

import pytest

from ml_core.data.order import place_order
from ml_core.errors import InvalidInput
from ml_core.registry.ledgers import LEDGER
from ml_core.registry.trials import Trial, write_line
from serving.figures.search import BOARD, draw_curves, draw_importance, draw_leaderboard
from serving.figures.tried import draw_together, draw_values
from serving.searches import newest_search
from serving.ui.search import show_search
from tests.serving.searched import choose, end_trials


@pytest.fixture(scope="module")
def searched(world, tmp_path_factory):
    """A world in which 16 trials ended, with the version that was chosen from them."""
    own = world.elsewhere(tmp_path_factory.mktemp("searched") / "home")
    trials = end_trials(own.experiment, own.home)
    return own, trials, choose(own, trials)


@pytest.fixture(scope="module")
def search(searched):
    own, *_ = searched
    return newest_search(place_order(own.experiment, own.home))


def named(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def test_before_anybody_searched_the_command_that_does_is_told(service):
    with pytest.raises(InvalidInput, match="no trial was run for small yet; run: candorcast search small"):
        service.search()
    shown = show_search(service)
    assert "<code>candorcast search small" in shown.notice
    assert not any(shown[1:])


def test_the_best_trial_stands_on_top_with_its_error_and_what_is_expected_again(search, searched):
    best, figure = search.account.head[0], draw_leaderboard(search)
    scored, again = figure.data
    assert (scored.x[0], scored.error_x.array[0], again.x[0]) == (best.test, best.error, best.again)
    assert list(again.x) == sorted(again.x, reverse=True)
    assert len(scored.x) == sum(trial.status == "finished" for trial in searched[1])
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "the first line is the highest"


def test_the_leaderboard_has_at_most_thirty_lines(world, tmp_path):
    own = replace(world, home=replace(world.home, root=tmp_path))
    end_trials(own.experiment, own.home, 60)
    figure = draw_leaderboard(newest_search(place_order(own.experiment, own.home)))
    assert len(figure.data[0].x) == BOARD


def test_curves_are_the_scores_of_the_epochs_and_a_cross_marks_where_a_trial_was_dropped(search, searched):
    traces = named(draw_curves(search))
    (best,) = [trial for trial in searched[1] if trial.id == search.ranked[0].trial]
    drawn = next(trace for name, trace in traces.items() if name.startswith("The "))
    assert list(drawn.y) == [row["score"] for row in best.history]
    dropped = [trial for trial in searched[1] if trial.status == "stopped"]
    assert sorted(traces["Dropped"].y) == sorted(trial.history[-1]["score"] for trial in dropped)


def test_importance_stands_beside_what_chance_gives(search):
    keys = search.account.keys
    bars, chance = draw_importance(keys, search).data
    assert list(bars.x) == [key.share for key in keys]
    assert list(chance.x) == [key.chance for key in keys]
    assert keys[0].key == "training.learning_rate", "on which the scores were made to hang"


def test_the_values_of_the_most_important_keys_are_shown_with_the_scores_that_they_gave(search):
    figure = draw_values(search)
    assert figure.layout.meta["keys"] == [key.key for key in search.account.keys[:4]]
    finished = [trial for trial in search.trials if trial.status == "finished"]
    first = next(trace for trace in figure.data if trace.name == "Finished")
    assert list(first.x) == [trial.params["training.learning_rate"] for trial in finished]
    assert list(first.y) == [trial.score for trial in finished]
    assert figure.layout.xaxis.type == "log"


def test_each_trial_is_a_line_through_its_values_to_its_score_and_the_best_quarter_is_drawn_out(search):
    figure = draw_together(search)
    others, best = figure.data
    assert (others.name, best.name) == ("The 12 others", "The best quarter, 4")
    lines = [list(line) for line in zip(*[iter((*best.y, *others.y))] * 6, strict=True)]
    assert all(line.pop() is None for line in lines), "a gap between two lines"
    assert all(0 <= height <= 1 for line in lines for height in line)
    ranked = sorted(search.trials, key=lambda one: one.score, reverse=True)
    shown = [one.params["training.learning_rate"] for one in ranked]
    assert [line[0] for line in lines] == sorted_alike(shown, [line[0] for line in lines])
    assert [line[-1] for line in lines] == sorted([line[-1] for line in lines], reverse=True)
    assert "learning rate" in best.text[0]


def sorted_alike(values: list[float], heights: list[float]) -> list[float]:
    """The heights, put in the order of the values: the same where a greater value stands higher."""
    places = sorted(range(len(values)), key=values.__getitem__)
    ranked = dict(zip(places, sorted(heights), strict=True))
    return [ranked[place] for place in range(len(values))]


def test_three_trials_have_no_best_quarter(world, tmp_path):
    own = replace(world, home=replace(world.home, root=tmp_path))
    end_trials(own.experiment, own.home, 3)
    assert draw_together(newest_search(place_order(own.experiment, own.home))) is None


def test_what_luck_does_is_told_in_words_with_the_looks_at_the_holdout(searched):
    own, _, version = searched
    told = show_search(own.service()).luck
    assert "16 trials count as" in told
    assert f"The winner became version {version.version}. Judging it was look number 2" in told


def test_a_search_that_runs_shows_what_has_ended_and_promises_the_rest(world, tmp_path):
    own = replace(world, home=replace(world.home, root=tmp_path))
    order = place_order(own.experiment, own.home)
    with order.alone("search"):
        assert "none of its trials has ended yet" in show_search(own.service()).notice
    (trial, *_) = end_trials(own.experiment, own.home, 3)
    with order.alone("search"):
        shown = show_search(own.service())
    assert shown.running
    assert "is told when the search ends" in shown.luck
    assert trial.id in str(shown.leaderboard.data[0].text)
    assert [trace.name for trace in shown.leaderboard.data] == ["Scored"], "nothing is expected again yet"
    assert not show_search(own.service()).running


def test_an_account_of_fewer_trials_is_not_shown_as_that_of_all(searched, tmp_path):
    own = searched[0].copy(tmp_path / "home")
    (file,) = own.home.searches.glob(f"*/{LEDGER}")
    with file.open("a", encoding="utf-8") as lines:
        lines.write(write_line(Trial("late", {"family": "lstm"}, "finished", result={"test_score": 9.0})))
    search = own.service().search()
    assert search.account is None
    assert search.ranked[0].trial == "late"


def test_nothing_that_a_trial_was_named_or_given_becomes_markup(world, tmp_path):
    own = replace(world, home=replace(world.home, root=tmp_path))
    evil = "<img src=x onerror=alert(1)>"
    file = own.home.searches / f"{own.name}-0a1b-1" / LEDGER
    file.parent.mkdir(parents=True)
    rows = ({"score": 0.1}, {"score": 0.2})
    trials = [
        Trial(
            f"{evil}{number}",
            {"family": evil, evil: f"{evil}{number}"},
            "finished",
            rows,
            {"test_score": 0.1},
        )
        for number in range(3)
    ]
    file.write_text("".join(map(write_line, trials)), encoding="utf-8")
    shown = show_search(own.service())
    for part in shown:
        text = part if isinstance(part, str) else part.to_json() if hasattr(part, "to_json") else ""
        assert "<img" not in text.replace("\\u003c", "<")
    assert "&lt;img" in shown.luck


def test_values_say_of_which_trials_they_are_and_whether_it_is_known_what_matters(searched):
    own, *_ = searched
    assert "The 16 of 16 trials that were lstm" in show_search(own.service()).tried
    assert "which of the keys matters is not known" in show_search(own.service()).tried
