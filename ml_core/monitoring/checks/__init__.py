"""A file for each check, found by its name: `look(scene)` gives a finding for all that it has looked at."""
