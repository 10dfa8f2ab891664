"""Ways to tell what a model hangs on over many sessions, a file each, found by their names."""

SURVEYS = __name__
