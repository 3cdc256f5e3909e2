"""Text as it is compared, never as it is shown: one name however it was typed, copied or exported.

Every comparison folds both sides; what is stored and shown stays as it came.
"""

import re
import unicodedata
from collections.abc import Iterable

import polars as pl

# What has no shape of its own: zero-width and bidirectional marks, soft hyphens, variation selectors, the
# fillers of Hangul, the blank of Braille.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ANY_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
_DOTS = str.maketrans("•・‧", "···")
ODD = r"[^ -~\x{4E00}-\x{9FFF}\x{B7}]|^ | $"
"""A regular expression for DuckDB and polars: a text that it does not match is its own folded form."""
FOLDED_BY = f"folded text 2, Unicode {unicodedata.unidata_version}"
"""Changes with what folding makes of a text, and with which texts are folded as they are staged."""


def fold(text: str) -> str:
    """A number, name or login for comparison: NFKC, nothing invisible, no white space at the ends."""
    while True:
        folded = unicodedata.normalize("NFKC", _ANY_INVISIBLE.sub("", text)).strip()
        # What was taken out may have kept a letter from its accent.
        if folded == text:
            return folded
        text = folded


def fold_login(text: str) -> str:
    """A login for comparison: its letters' case tells nothing."""
    return fold(fold(text).lower())


def fold_name(text: str) -> str:
    """A person's name for comparison: without white space, the dot within a name is one dot."""
    # An accent that stood alone has a letter before it now.
    return fold("".join(fold(text).translate(_DOTS).split()))


def folds_of(texts: Iterable[str | None]) -> dict[str, str]:
    """The folded form of each text that is not its own."""
    pairs = ((text, fold(text)) for text in texts if text is not None)
    return {text: folded for text, folded in pairs if folded != text}


def folded(texts: pl.Series) -> pl.Series:
    """`fold` of each text; only those that look odd are touched."""
    odd = texts.filter(texts.str.contains(ODD).fill_null(value=False))
    return texts.replace(folds_of(odd.unique())) if odd.len() else texts


def folded_logins(texts: pl.Series) -> pl.Series:
    """`fold_login` of each text."""
    return folded(folded(texts).str.to_lowercase())


def folded_names(texts: pl.Series) -> pl.Series:
    """`fold_name` of each text."""
    plain = folded(texts).str.replace_many(["•", "・", "‧"], ["·"]).str.replace_all(r"\s", "")
    return folded(plain)


def visible(text: str) -> str:
    """A text as people must see it: each invisible character by its code, as `⟨U+200B⟩`."""
    return _ANY_INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
