"""Everything held about one person, and its erasure through every store."""
