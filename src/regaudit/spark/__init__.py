"""The same SQL on Spark, for whom one machine is too small: transpiled by named rules, built table by table."""
