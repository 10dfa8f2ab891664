"""The tables that last: bars, findings, coverage, forecasts. Every version stays readable."""
