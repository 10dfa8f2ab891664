"""One file for each way to share what a learner says among its inputs, found by its name."""

SHARES = __name__
