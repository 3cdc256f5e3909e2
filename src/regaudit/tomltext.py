"""Where in a TOML text a value stands, and what its readers complain of, in Chinese."""

import re
from collections.abc import Iterator

_HEADING = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?")
_MESSAGES = (
    (r"Expected `(.+?)`, got `(.+?)`", r"应为 \1 类型,写的是 \2"),
    (r"Expected `int` (>= -?\d+)", r"应为 \1 的整数"),
    (r"Object contains unknown field `(.+?)`", r"没有 \1 这一项"),
    (r"Object missing required field `(.+?)`", r"缺少 \1"),
    (r"Invalid enum value '(.+?)'", r"不能写 \1"),
    (r" - at `\$\.?(.+?)`", r"(在 \1)"),
    (r"\(at line (\d+), column (\d+)\)", r"(第 \1 行第 \2 列)"),
)


def line_of(text: str, place: str) -> int:
    """The line, from 1, on which a value stands in a TOML text that can be read.

    Args:
        text: the TOML text.
        place: as `limits[1].days` or `params.overdue.statutory_days`; what is not written itself is looked
            for one level up, and in the end is line 1.
    """
    found = dict(_places(text))
    parts = place.split(".") if place else []
    while parts:
        if (line := found.get(".".join(parts))) is not None:
            return line
        parts[-1], bracket, _ = parts[-1].rpartition("[")
        if not bracket:
            parts.pop()
    return 1


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Every heading and key with its line."""
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _HEADING.fullmatch(line):
            table = re.sub(r"[\s\"']", "", heading[2])
            if heading[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            yield table, number
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            yield ".".join(filter(None, (table, key[1].replace('"', "")))), number


def in_chinese(message: str) -> str:
    """The TOML reader's and the type checker's messages as far as they are known, in Chinese."""
    for pattern, words in _MESSAGES:
        message = re.sub(pattern, words, message)
    return message
