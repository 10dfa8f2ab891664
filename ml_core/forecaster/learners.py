"""Finds what a model's name stands for, a network's family or a baseline, and its checked fields."""

from ml_core import baselines
from ml_core.baselines import BASELINES, BaselineConfig, is_baseline
from ml_core.errors import InvalidInput
from ml_core.models import family
from ml_core.models.family import FAMILIES, ModelConfig
from ml_core.spec import choices
from ml_core.spec.choices import nearest
from ml_core.spec.experiment import Model


def config_class(name: str, *, key: str = "model.family") -> type[ModelConfig] | type[BaselineConfig]:
    """The fields that a model of this name has; an unknown name at that key is answered with the nearest."""
    for package in (FAMILIES, BASELINES):
        if name in choices.names(package):
            return choices.load(package, name).Config
    known = choices.names(FAMILIES) + choices.names(BASELINES)
    raise InvalidInput(f"{key}: unknown family '{name}'{nearest(name, known)}")


def configure(model: Model) -> ModelConfig | BaselineConfig:
    """The checked fields of the chosen learner; one whose library is not here is refused."""
    if not is_baseline(model.family):
        config_class(model.family)
        return family.configure(model)
    baselines.check_baselines((model.family,), "family")
    return baselines.configure(model)


def complete(model: Model) -> Model:
    """The same model with every default written out, so that a stored spec outlives a change of defaults."""
    return Model(family=model.family, **configure(model).model_dump(mode="json"))
