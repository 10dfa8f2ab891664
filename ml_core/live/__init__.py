"""What forecasts were worth after they were made: scored as outcomes come, by tests that hold however often one looks.
Each number here may be looked at every day for ever; a claim is proven or refuted the first time that it says so."""
