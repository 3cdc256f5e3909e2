"""What the export button gives: files of every format, read as tables of text."""
