"""Many logs as Parquet in one place: what each workspace adds, and what a check makes of all of them."""
