"""From tables to tensors: the panel, how a network sees it, and the dates of each fold."""
