"""One file for each command: what it does and what it prints."""
