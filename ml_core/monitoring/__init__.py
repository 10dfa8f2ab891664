"""Looks every day whether what a forecast rests on still holds, and tells what does not, with what would help."""
