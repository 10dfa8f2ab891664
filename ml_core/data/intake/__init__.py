"""A refresh: bars are fetched, checked, compared with what is stored, and written."""
