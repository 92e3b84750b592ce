"""What is held of a person: all of it to hand over, or to erase from every store."""
