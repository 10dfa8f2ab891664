"""Looks every day whether what a forecast rests on still holds, and what is due, and tells which command helps."""
