"""A source's SQL: is it one reading query, and what does the driver get to see of it?

The database is asked to refuse writes wherever it can; this check says so before anybody connects, and it
is the only guard on SQL Server, which knows no read-only transaction.
"""

import re
from datetime import datetime
from typing import Any

from regaudit.base.errors import RegauditError
from regaudit.base.source_settings import SINCE

_WRITES = {
    *("insert", "update", "delete", "merge", "into", "create", "alter", "drop"),
    *("grant", "revoke", "exec", "execute", "call"),
}
_QUOTED = (
    r"--[^\n]*",
    r"/\*.*?\*/",
    r"'(?:[^']|'')*'",
    r'"(?:[^"]|"")*"',
    r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$",
)
_QUOTED_MYSQL = (
    r"--[^\n]*",
    r"\#[^\n]*",
    r"/\*.*?\*/",
    r"'(?:[^'\\]|\\.|'')*'",
    r'"(?:[^"\\]|\\.|"")*"',
    r"`(?:[^`]|``)*`",
)
_QUOTED_SQLSERVER = (*_QUOTED[:4], r"\[(?:[^\]]|\]\])*\]")
_PLACEHOLDER = re.compile(r"\{[^\W\d]\w*\}")
_END = " \r\n\t;"


def bind(query: str, kind: str, paramstyle: str, since: datetime) -> tuple[str, Any]:
    """The statement and its parameters as a driver of `paramstyle` (PEP 249) takes them.

    Every `{since}` becomes a placeholder; the value itself never stands in the statement. Without `{since}`
    the parameters are `None`, and the driver looks for no placeholders.

    Raises:
        RegauditError: the query is not one SELECT, would write, quotes `{since}`, or has other placeholders.
    """
    code = _without_quoted(query, kind)
    _check_reads(code)
    if code.count(SINCE) != query.count(SINCE):
        raise RegauditError(f"query 中的 {SINCE} 不可放在引号或注释中:它会作为参数传给数据库,两边不加引号")
    if unknown := sorted(set(_PLACEHOLDER.findall(code)) - {SINCE}):
        raise RegauditError(f"query 中的 {'、'.join(unknown)} 不可用:只有 {SINCE} 会换成起始时间")
    query = query[: len(code.rstrip(_END))]
    uses = query.count(SINCE)
    if not uses:
        return query, None
    if paramstyle in ("format", "pyformat"):
        query = query.replace("%", "%%")
    match paramstyle:
        case "qmark":
            return query.replace(SINCE, "?"), (since,) * uses
        case "numeric":
            return query.replace(SINCE, ":1"), (since,)
        case "named":
            return query.replace(SINCE, ":since"), {"since": since}
        case "format":
            return query.replace(SINCE, "%s"), (since,) * uses
        case "pyformat":
            return query.replace(SINCE, "%(since)s"), {"since": since}
    raise RegauditError(f"数据库驱动的参数写法 {paramstyle!r} 未知:请改用文档所列的驱动版本")


def _without_quoted(query: str, kind: str) -> str:
    """The query with comments blanked and all that is in quotes replaced by quotes; as long as before."""
    quoted = {"mysql": _QUOTED_MYSQL, "sqlserver": _QUOTED_SQLSERVER}.get(kind, _QUOTED)

    def hide(found: re.Match[str]) -> str:
        is_comment = found[0].startswith(("--", "#", "/*"))
        return (" " if is_comment else "'") * len(found[0])

    return re.sub("|".join(quoted), hide, query, flags=re.DOTALL)


def _check_reads(code: str) -> None:
    if ";" in code.rstrip(_END):
        raise RegauditError("query 应只有一条语句:请去掉分号及其后的语句")
    words = re.findall(r"[^\W\d]\w*", code.lower())
    if words[:1] not in (["select"], ["with"]):
        raise RegauditError("query 应以 SELECT 或 WITH 开头:这里只读数据库,不执行其他语句")
    if found := sorted(_WRITES.intersection(words)):
        raise RegauditError(
            f"query 中有 {'、'.join(word.upper() for word in found)},会写入或锁定数据库:这里只读。"
            "若它是列名,请按数据库的写法加引号"
        )
