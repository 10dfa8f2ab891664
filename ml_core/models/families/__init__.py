"""One file for each network, found by its name."""
