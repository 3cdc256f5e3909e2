"""Exports in, canonical rows out: file formats, encodings, platform names and pinyin end here."""
