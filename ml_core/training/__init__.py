"""`fit`, the only training loop, losses, and the choice of features."""
