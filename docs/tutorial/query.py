"""Prints the clock of every case in the tutorial's workspace."""

import duckdb

CLOCKS = "SELECT case_no, state, due_on, used_days, paused_days, remaining_days FROM cases ORDER BY case_no"

with duckdb.connect("centre/regaudit.duckdb", read_only=True) as db:
    db.sql(CLOCKS).show()
