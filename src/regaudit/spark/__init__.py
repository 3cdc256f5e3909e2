"""The same SQL on Spark, for whom one machine is too small: by named rules, table by table."""
