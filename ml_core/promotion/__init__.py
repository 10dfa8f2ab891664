"""Who answers for a model: the reference until a candidate, judged on the holdout once, has earned the seat."""
