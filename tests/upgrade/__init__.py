"""Homes of earlier releases, kept small, and what the code of today makes of them."""
