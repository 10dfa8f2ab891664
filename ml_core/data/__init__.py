"""Prices as every step reads them, the exchange's calendar, and why something is missing."""
