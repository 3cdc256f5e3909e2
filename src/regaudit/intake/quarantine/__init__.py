"""Rejected rows: written out, corrected, known again, dismissed."""
