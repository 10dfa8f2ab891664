"""What a search leaves in a home: lines of ended trials, and a version that was chosen from them. Scores are drawn, not
fitted; whatever is told of them is reckoned as a search does."""

import datetime as dt
from math import exp, log

import numpy as np

from ml_core.home.settings import Home
from ml_core.registry.ledgers import LEDGER
from ml_core.registry.searched import Searched
from ml_core.registry.trials import Params, Trial, write_line
from ml_core.registry.version import ModelVersion
from ml_core.spec.experiment import Experiment
from ml_core.spec.ranges import LogUniform, OneOf, Range
from tests.serving.world import World
from tuning.importance import weigh_keys
from tuning.ranking import measure_luck, rank_trials
from tuning.space import build_space

DATES = [str(dt.date(2019, 1, 1) + dt.timedelta(days=day)) for day in range(120)]


def end_trials(experiment: Experiment, home: Home, count: int = 16) -> list[Trial]:
    """So many trials of one family, whose scores hang on the learning rate; every fourth was dropped."""
    rng, (family, ranges) = np.random.default_rng(4), next(iter(build_space(experiment).items()))
    trials = [_trial(number, family, ranges, rng) for number in range(count)]
    file = home.searches / f"{experiment.model_name}-0a1b-1" / LEDGER
    file.parent.mkdir(parents=True)
    file.write_text("".join(map(write_line, trials)), encoding="utf-8")
    return trials


def choose(world: World, trials: list[Trial]) -> ModelVersion:
    """A version whose evidence has the account of these trials."""
    ranking = rank_trials(world.experiment, trials)
    searched = Searched(
        **measure_luck(trials, ranking),
        objective=world.experiment.search.objective,
        head=tuple(ranking.rows(30)),
        keys=tuple(weigh_keys(world.experiment, trials)),
    )
    evidence = world.evidence.model_copy(update={"search": searched, "looks": 2})
    return world.registry.register(world.forecaster, world.name, evidence)


def _trial(number: int, family: str, ranges: dict[str, Range], rng: np.random.Generator) -> Trial:
    params: Params = {"family": family, **{key: _draw(allowed, rng) for key, allowed in ranges.items()}}
    good = 0.1 - 0.05 * abs(log(float(params["training.learning_rate"]) / 3e-3))
    learned = [good * (1 - 0.5**epoch) + rng.normal(0, 0.005) for epoch in range(1, 6)]
    rows = [{"score": score, "best": max(learned[: at + 1])} for at, score in enumerate(learned)]
    if number % 4 == 3:
        return Trial(f"t{number}", params, "stopped", tuple(rows[:2]), {}, 1.5)
    scores = dict(zip(DATES, (good + rng.normal(0, 0.3, len(DATES))).tolist(), strict=True))
    result = {"test_score": float(np.mean(list(scores.values()))), "scores": scores, "returns": scores}
    return Trial(f"t{number}", params, "finished", tuple(rows), result, 3.0)


def _draw(allowed: Range, rng: np.random.Generator) -> object:
    if isinstance(allowed, OneOf):
        return allowed.values[int(rng.integers(len(allowed.values)))]
    if isinstance(allowed, LogUniform):
        return exp(rng.uniform(log(allowed.low), log(allowed.high)))
    return float(rng.uniform(allowed.low, allowed.high))
