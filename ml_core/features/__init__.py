"""The table of past-only features: how they are chosen and scaled, the market's regimes, and the target."""
