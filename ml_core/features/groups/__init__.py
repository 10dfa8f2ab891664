"""One file for each group of features."""
