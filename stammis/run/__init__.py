"""One cycle, phase by phase: what it says of itself when it is over, and when to call somebody."""
