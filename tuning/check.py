"""Checks all of an experiment that its chosen parts check themselves, before anything learns: the model's options,
features, training, baselines and what the search may vary. A mistake is told at once and not after hours."""

from ml_core.baselines import check_baselines
from ml_core.claims.judge import check_claims
from ml_core.data.context import Context, column_of
from ml_core.errors import InvalidInput
from ml_core.features.table import chosen_names
from ml_core.forecaster.learners import configure
from ml_core.spec.experiment import Experiment, Model
from ml_core.training.fit import check_training
from tuning.space import build_space


def check_layers(model: Model) -> None:
    """`hidden` as a list has its own number of layers."""
    hidden, layers = (model.options.get(name) for name in ("hidden", "layers"))
    if isinstance(hidden, (list, tuple)) and layers not in (None, 1, len(hidden)):
        raise InvalidInput(
            f"model.layers {layers} has no effect: model.hidden lists the sizes of {len(hidden)} layers; leave it out"
        )


def check_learning(experiment: Experiment) -> None:
    """Refuses what a part does not know, by the key that names it."""
    check_layers(experiment.model)
    configure(experiment.model)
    chosen_names(experiment.features, coming=_context_columns(experiment))
    check_training(
        experiment.training,
        objective=experiment.search.objective,
        tickers=len(experiment.universe.tickers),
    )
    check_baselines(experiment.gate.beat, "gate.beat")
    check_claims(experiment.gate.claims, "gate.claims")
    check_claims(experiment.gate.require, "gate.require")
    check_baselines(experiment.validation.baselines, "validation.baselines")
    build_space(experiment)


def _context_columns(experiment: Experiment) -> list[str]:
    """What the series of [data.context] become; which columns its table has, its file says when it is read."""
    context = Context.model_validate(experiment.data.options.get("context", {}))
    return [column_of(name) for name in context.series]
