"""Judges bars by the checks, and keeps what was found with its reasons."""
