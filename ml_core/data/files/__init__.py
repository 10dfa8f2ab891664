"""Tables as people and tools write them, read into bars."""
