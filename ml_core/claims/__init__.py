"""What a forecast says, claim by claim, and whether it is proven. Sees tables only, never a model.

A file of `kinds` is a claim, found by its name. It has

    excuse(case, horizon)          why it is not asked here; empty where it is
    rivals(case)                   the names of those it must be better than, each
    contest(case, horizon, rival)  the paired comparison with one of them
    conditions(case, horizon)      what must hold besides
"""
