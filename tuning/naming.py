"""Names a search after what was asked and the prices, so that the same search finds its own ledger again."""

from ml_core.data.prices import data_version
from ml_core.home.settings import Home
from ml_core.spec.experiment import Experiment


def name_search(experiment: Experiment, home: Home) -> str:
    """Its folder under the home's searches."""
    return f"{experiment.model_name}-{digest_of(experiment)}-{data_version(experiment, home)}"


def digest_of(experiment: Experiment) -> str:
    """By which a search knows its own ledger: more trials, other processors or more patience go on with it."""
    same = {"trials": 1, "cpus_per_trial": 1.0, "gpus_per_trial": 0.0, "stall_minutes": 30.0}
    return experiment.model_copy(update={"search": experiment.search.model_copy(update=same)}).digest()
