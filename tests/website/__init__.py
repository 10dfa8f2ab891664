"""The site of the documents, as `make docs` builds it."""
