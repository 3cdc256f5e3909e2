"""The event log: append, read, prove. The only truth; everything behind it can be rebuilt from it."""
