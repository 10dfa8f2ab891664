"""Starts the experiment's work and watches it: refresh, predict, search, refit, audit. `desk.py` is asked; behind it
work two runners of one interface (`runner.py`), each real: processes of the `candorcast` command on this machine, and
the deployments of a Prefect server."""
