"""A refresh: bars are fetched, checked, compared with what is stored, and written.

`refresh.py` runs it, in this order:

1. `told.py` reads the user's own tables (`own_table.py`), `inquiry.py` says which bars are wanted, and `fingerprint.py`
   whether the source has changed at all.
2. `plan.py` decides what to ask for; it leaves out what has `ended.py`. `deliveries.py` asks the provider, in portions.
3. `intake.py` takes each portion in: `stored.py` reads what the store holds of it, `batch.py` judges it. That is:
   `incoming.py` runs the checks, `history.py` finds a rewritten past by `differences.py`, `refusals.py` says when too
   much is refused, and `unsaid.py` which findings are new to the user.
4. `answered.py` makes the row that the next plan reads, and `refreshed.py` is the result for every ticker.

`stranger.py` is a refresh of one ticker that is none of the experiment's, for somebody who waits for its forecast.

`arrived.py` is for the audit alone: stored bars as they first came.
"""
