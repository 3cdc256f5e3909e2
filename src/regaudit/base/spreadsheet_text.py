"""What spreadsheets make of a text that they are given, whoever wrote it."""

import re

LONGEST = 32_767
"""The most characters that a cell of a workbook holds."""
MOST_ROWS = 1_048_576
"""The most rows that a sheet holds, its heading among them."""
MOST_COLUMNS = 16_384
MOST_DIGITS = 15
"""So many digits of a number are kept."""
_FORMULA = re.compile("\\s*[=+\\-@＝＋－＠]")
_NUMBERED = re.compile(rf"0\d+|\d{{{MOST_DIGITS - 3},}}")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet may compute a text instead of showing it."""
    return bool(_FORMULA.match(text))


def is_spoilt(text: str) -> bool:
    """Whether a spreadsheet that opens a CSV file shows another text: without leading zeros, or rounded."""
    return bool(_NUMBERED.fullmatch(text))
