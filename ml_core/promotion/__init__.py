"""A candidate is judged on the holdout once, and by the gate; only one that passes becomes champion."""
