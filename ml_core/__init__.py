"""The steps from market data to a forecast with its evidence, a room each, and the tables that they hand to each
other."""
