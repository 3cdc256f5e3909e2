"""What DuckDB says of a query that it could not answer, for people (Chinese): where, what, and what to do."""

import re
from collections.abc import Sequence

import duckdb

from regaudit.base.errors import RegauditError
from regaudit.base.failures import was_interrupted

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)
_NEAR = re.compile(r"Candidate (?:bindings|functions):\s*(.+)")
_FEW = 5
_SAID = (
    (r'syntax error at or near "(.*?)"', "“{}”附近不合 SQL 语法"),
    (r"syntax error at end of input", "语句没有写完"),
    (r"unterminated quoted", "引号没有成对"),
    (r'Referenced column "(.*?)" not found', "没有列 {}{near}"),
    (r'Referenced table "(.*?)" not found', "FROM 中没有表或别名 {}"),
    (r'Ambiguous reference to column name "(.*?)"', "列 {} 不止一个表有:请写作 表.列"),
    (
        r'column "(.*?)" must appear in the GROUP BY',
        "列 {} 既不在 GROUP BY 中,也没有合计:请写入 GROUP BY,或用 any_value()",
    ),
    (r"Table with name (\S+) does not exist", "没有表 {}{tables}"),
    (r"Function with name (\S+) does not exist", "没有函数 {}"),
    (r"Values were not provided for the following .*?: (.*)", "参数 {} 没有值:请在查询中直接写出"),
    (r"Could(?: not|n't) (?:convert|cast) .*", "有的值不能换成所要的类型:可改用 TRY_CAST"),
    (r"Cannot execute statement .* read-only", "只能查询,不能写入"),
)


def failure(error: duckdb.Error, name: str, tables: Sequence[str]) -> Exception:
    """The error to raise in place of DuckDB's; one that came of an interruption stays what it is.

    Args:
        error: DuckDB's.
        name: the query, as people call it.
        tables: those that could have been asked.
    """
    if was_interrupted(error):
        return error
    said = str(error)
    line = _LINE.search(said)
    where = f"{name} 第 {line[1]} 行" if line else name
    return RegauditError(f"{where}:{_told(error, said, tables)}(DuckDB:{said.splitlines()[0]})")


def _told(error: duckdb.Error, said: str, tables: Sequence[str]) -> str:
    if isinstance(error, duckdb.PermissionException):
        return "这里只能读分析数据库的表,不能读文件、网络或别的数据库"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "内存或临时磁盘空间不足:请少取一些列或行,或先合计"
    for pattern, words in _SAID:
        if found := re.search(pattern, said):
            listed = f"。有这些表:{'、'.join(tables)}" if tables else ""
            return words.format(*found.groups(), near=_near(said), tables=listed)
    return "不能查询"


def _near(said: str) -> str:
    found = _NEAR.search(said)
    if not found:
        return ""
    names = re.findall(r'"([^"]+)"', found[1])[:_FEW]
    return f",相近的有 {'、'.join(names)}" if names else ""
