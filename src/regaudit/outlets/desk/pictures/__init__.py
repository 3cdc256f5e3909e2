"""Pictures as SVG: pure functions from facts, each with a table and a text that say the same."""
