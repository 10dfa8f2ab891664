"""The REST API: its routes, what they take and refuse, their reference, and answers that are kept ready as bytes."""
