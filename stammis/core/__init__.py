"""What every package may use: types and errors, settings, the clock, durable writes, SQL literals, YAML with lines.

Uses nobody. Import its modules by name: `from stammis.core.errors import StammisError`.
"""
