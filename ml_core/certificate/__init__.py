"""A signed file that says what a version is and was found to be, and whether a stranger finds the same."""
