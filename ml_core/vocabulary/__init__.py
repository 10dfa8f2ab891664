"""What everything is called that a reader sees: figures, claims, checks, headings. It imports nothing of ours."""
