"""What a forecast says, claim by claim, and whether it is proven. Sees tables only, never a model.

A file of `kinds` is a claim, found by its name; it says `CLAIM = Claim(…)` (see `kind.py`).
"""
