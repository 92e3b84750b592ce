"""One cycle as a list of phases, what it says of itself when it is over, and when to call somebody."""
