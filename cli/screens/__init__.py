"""What several commands show: scores, money, versions, what is missing."""
