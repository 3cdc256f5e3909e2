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
    (r"\(at end of document\)", "(在文件末尾)"),
    (r"Illegal character '\\n'", "文字没有在本行结束,缺右引号"),
    (r"(?:Illegal|Found invalid) character ('.+?')", r"不能有字符 \1"),
    (r"Invalid statement|Invalid initial character for a key part", "这里应写“名称 = 值”"),
    (r"Expected '=' after a key in a key/value pair", "名称之后应有等号"),
    (r"Expected newline or end of document after a statement", "值之后还有多余的内容"),
    (r"Invalid value", "值的写法有误,文字要用英文引号括起来"),
    (r"Invalid date or datetime", "日期或时间的写法有误"),
    (r"Unescaped '\\' in a string|Invalid hex value", "双引号里的反斜杠要写成两个,或改用单引号"),
    (r"Unterminated string|Expected ['\"]{5}", "文字没有结束,缺右引号"),
    (r"Expected '(\]+)' at the end of an? \w+ declaration", r"缺少 \1"),
    (r"Unclosed array", "缺少 ]"),
    (r"Unclosed inline table", "缺少 }"),
    (r"Cannot declare \((.+?),?\) twice", r"[\1] 写了两次"),
    (r"Cannot (?:mutate immutable|redefine) namespace \((.+?),?\)", r"[\1] 前面已经写过"),
    (r"Cannot overwrite a value|Duplicate inline table key '.+?'", "同一项写了两次"),
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
