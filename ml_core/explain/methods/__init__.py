"""One file per method of explanation, found by its name."""

METHODS = __name__
