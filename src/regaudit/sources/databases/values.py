"""Values of a database → text, exactly; nothing is rounded, guessed or filled in."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch
from uuid import UUID

import msgspec

from regaudit.base.errors import RegauditError

_TEXT = {str, type(None)}


def column_texts(name: str, values: Sequence[object]) -> list[str | None]:
    """A column as text: `2026-03-02T09:00:00[.ffffff][+08:00]`, `2026-03-02`, `1.50`, `true`; null stays.

    Raises:
        RegauditError: values that are no text, such as binary ones; names the column.
    """
    if set(map(type, values)) <= _TEXT:
        return list(values)  # type: ignore[arg-type]
    try:
        return [None if value is None else _text(value) for value in values]
    except TypeError as error:
        raise RegauditError(
            f"列 {name} 是 {error.args[0]} 类型,不能作为文字:请在查询中去掉此列,或转换成文字;"
            "本就是文字的,请在 options 中设置驱动的字符集(charset)"
        ) from None


@singledispatch
def _text(value: object) -> str:
    raise TypeError(type(value).__name__)


@_text.register
def _(value: str) -> str:
    return value


@_text.register
def _(value: bool) -> str:
    return "true" if value else "false"


@_text.register(int)
@_text.register(float)
@_text.register(UUID)
def _(value: object) -> str:
    return str(value)


@_text.register
def _(value: Decimal) -> str:
    return format(value, "f")


@_text.register(date)
@_text.register(datetime)
@_text.register(time)
def _(value: date | time) -> str:
    return value.isoformat()


@_text.register
def _(value: timedelta) -> str:
    seconds = abs(value) // timedelta(seconds=1)
    sign, fraction = "-" if value < timedelta(0) else "", abs(value).microseconds
    whole = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{whole}.{fraction:06d}" if fraction else whole


@_text.register(list)
@_text.register(dict)
def _(value: object) -> str:
    return msgspec.json.encode(value).decode()
