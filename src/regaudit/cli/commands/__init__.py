"""The commands: one a file, named after it, with its options and its text."""
