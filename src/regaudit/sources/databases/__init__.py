"""A platform's database as a source: a query becomes a Parquet file, which is imported like any export."""
