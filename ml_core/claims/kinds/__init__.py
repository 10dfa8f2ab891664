"""One file per claim, found by its name."""

KINDS = __name__
