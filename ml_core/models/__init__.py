"""What networks share: attention, layers, first weights, and the head that reads a forecast."""
