"""What identities are made of: text as canonical JSON has it, and hashes that stand for text."""

import duckdb
import polars as pl

ID_LENGTH = 32
"""Hex digits of an identity: of a SHA-256, the first half."""
NEEDS_ESCAPE = r'["\\\x00-\x1f]'
ESCAPES = {chr(code): f"\\u{code:04x}" for code in range(0x20)} | {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
"""What canonical JSON writes for the characters that it does not write as they are."""


def hashed(texts: pl.Series, db: duckdb.DuckDBPyConnection) -> pl.Series:
    """An identity for each text; blank texts are not expected."""
    db.register("texts", texts.to_frame("text").to_arrow())
    hashes = pl.DataFrame(db.sql("SELECT sha256(text) AS hash FROM texts").pl())
    return hashes["hash"].str.slice(0, ID_LENGTH)
