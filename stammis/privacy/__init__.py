"""Collects all that is held about a person, to hand it over or to erase it from every store."""
