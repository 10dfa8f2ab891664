"""All services on one machine: started, watched, and ended together."""
