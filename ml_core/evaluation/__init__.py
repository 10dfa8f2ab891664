"""Metrics, significance, intervals and leakage. It sees tables, never a model."""
