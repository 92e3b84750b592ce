"""What is held of a person: collected to hand over, or erased from every store."""
