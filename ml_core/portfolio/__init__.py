"""Positions made from forecasts, what they would have earned, and at what risk. It sees tables, never a model."""
