"""What stands between a socket and an answer: keys, logins, limits, the log, and which experiment is meant."""
