"""The tables that last: bars, findings, answers, forecasts. Every version stays readable."""
