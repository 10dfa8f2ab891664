"""What was fitted, as one object that turns prices into forecasts; how its interval gets its width; its files."""
