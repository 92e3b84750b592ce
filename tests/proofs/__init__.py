"""Slow proofs, run by make targets before an issue is resolved; each names the promise it shows."""
