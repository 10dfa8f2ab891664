"""A document as pure data, and a writer for each kind of file that it becomes."""
