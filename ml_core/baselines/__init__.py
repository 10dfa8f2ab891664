"""One file per baseline, found by its name: `predict(windows, split, lookback) -> mean_NTH`, fitted on the
training dates of the split, in units of volatility as the windows hold their targets."""
