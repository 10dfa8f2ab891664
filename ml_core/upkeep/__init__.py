"""What is due in a home, what is stuck, and which command helps."""
