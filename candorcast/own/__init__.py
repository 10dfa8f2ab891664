"""Registers what somebody wrote outside the package, by a decorator a kind: models, networks, features, strategies,
metrics. Each is then found by the lists that find ours, and is searched, audited, gated and served as they are."""
