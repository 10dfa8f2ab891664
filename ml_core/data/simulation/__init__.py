"""Made-up markets with a planted signal, whose best forecast is known."""
