"""What a served number came of, and what an edited bar makes stale."""
