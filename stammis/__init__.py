"""Stammis: the right message to a regular customer at the right time, once."""
