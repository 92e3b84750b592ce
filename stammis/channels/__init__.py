"""Ways out. Each module is the only one that knows its provider."""
