"""Names a search after what was asked and the prices, so that the same search finds its own ledger again."""

from ml_core.spec.experiment import Experiment


def name_search(experiment: Experiment, version: int) -> str:
    """Its folder under the home's searches, on that version of the stored bars."""
    return f"{experiment.model_name}-{digest_of(experiment)}-{version}"


def digest_of(experiment: Experiment) -> str:
    """By which a search knows its own ledger: more trials, other processors or more patience go on with it, and so does
    one of which others answer."""
    same = {
        "trials": 1,
        "width": "wide" if experiment.search.wide else "narrow",
        "lag": None,
        "cpus_per_trial": 1.0,
        "gpus_per_trial": 0.0,
        "stall_minutes": 30.0,
        "answer": "best",
    }
    return experiment.model_copy(update={"search": experiment.search.model_copy(update=same)}).digest()
