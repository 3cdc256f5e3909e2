"""A platform's tables made canonical rows: columns, values, times, by a mapping."""
