"""Versions of models with their evidence. Only this room knows MLflow."""
