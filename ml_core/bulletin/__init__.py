"""A page about an experiment, for a person who looks once a week."""
