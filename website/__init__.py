"""The site of the documents: README and `docs` as they are, and what is generated from code. Built by `make docs`."""
