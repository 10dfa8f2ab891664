"""Forecasts of a registered model from stored prices: the one function that every door calls."""
