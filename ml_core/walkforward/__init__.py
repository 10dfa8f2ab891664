"""The walk through time, the baselines beside it, and markets whose answer is known."""
