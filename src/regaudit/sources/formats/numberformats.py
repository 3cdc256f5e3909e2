"""Number formats of workbooks that pad with zeros: what a cell shows is the number, `000123` and not 123."""

import re
from decimal import Decimal

from msgspec import Struct

MOST_DIGITS = 15
"""Excel keeps no more digits of a number; what a cell of more holds is not what was typed."""
SHORTENED = re.compile(r"-?[0-9](?:\.[0-9]{1,20})?E\+?[0-9]{1,2}")
"""A number as Excel shows it in a narrow column; the number itself stands beside it."""
_LEAST_ZEROS = 2
_COUNT = re.compile(r"[0-9]{1,8}")
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[\$([^\]-]*)(?:-[0-9A-F]+)?\]|(0)|([-+/():$\s])', re.I | re.S)
_WHOLE = re.compile(r"([0-9]+)(?:\.0*)?")


class ZeroMask(Struct, frozen=True):
    """A format of zeros with texts between: `None` stands for a digit."""

    parts: tuple[str | None, ...]

    def show(self, digits: str) -> str:
        """A whole number as it is shown."""
        zeros = self.parts.count(None)
        padded = digits.rjust(zeros, "0")
        ahead, each = padded[: len(padded) - zeros], iter(padded[len(padded) - zeros :])
        shown = []
        for part in self.parts:
            if part is None:
                shown.append(ahead + next(each))
                ahead = ""
            else:
                shown.append(part)
        return "".join(shown).strip()


def zero_mask(code: str) -> ZeroMask | None:
    """The mask of a format such as `000000` or `"A"0000-00`; `None` for any other."""
    parts: list[str | None] = []
    at = 0
    while at < len(code) and code[at] != ";":
        token = _TOKEN.match(code, at)
        if token is None:
            return None
        quoted, escaped, currency, zero, plain = token.groups()
        parts.append(None if zero else quoted or escaped or currency or plain or "")
        at = token.end()
    return ZeroMask(tuple(parts)) if parts.count(None) >= _LEAST_ZEROS else None


def shown_number(text: str, mask: ZeroMask | None) -> str | None:
    """How a numeric cell is shown where that is not its number; `None` where it is.

    A number with more digits than a workbook keeps is shown in Excel's scientific form, so that nobody takes
    what is left of it for the whole.
    """
    whole = _WHOLE.fullmatch(text)
    digits = whole[1].lstrip("0") if whole else ""
    if len(digits) > MOST_DIGITS or (not whole and _is_long(text)):
        return f"{float(text):.14E}"
    return mask.show(whole[1].lstrip("0")) if mask and whole else None


def full_number(text: str) -> str:
    """A numeric cell in full, unless it has more digits than a workbook keeps."""
    return shown_number(text, None) or (f"{Decimal(text):f}" if SHORTENED.fullmatch(text) else text)


def whole_number(text: str | None) -> int:
    """A count or a place as markup gives it; 0 where it is none."""
    return int(text) if text and _COUNT.fullmatch(text) else 0


def _is_long(text: str) -> bool:
    try:
        return 10.0**MOST_DIGITS <= abs(float(text)) < float("inf")
    except ValueError:
        return False
