"""Composition and the night: open, make, gather, run, schedule."""
