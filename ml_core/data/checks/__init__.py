"""What makes a bar suspect: one function for each check, found by its decorator."""
