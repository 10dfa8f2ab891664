"""What is handed over: wheel and sdist, extras, lock, schema."""
