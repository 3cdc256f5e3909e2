"""Events become tables: the mirror of the log, SQL files in derived order, the published database."""
