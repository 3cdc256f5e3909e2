"""What went wrong with a database, in words that say what to do and never hold the password."""

import re
from urllib.parse import quote, quote_plus

from regaudit.base.errors import RegauditError
from regaudit.base.source_settings import Database
from regaudit.sources.databases.charsets import charset_advice
from regaudit.sources.databases.dialects import DIALECTS

_LONGEST = 500
_LOGIN = "请核对 user 和密码(password_env 或 password_file)"
_NAME = "请核对 database 的名称"
_RIGHTS = "请让数据库管理员授予该用户对所查表的 SELECT 权限"
_WRITE = "查询试图写入或锁定数据,而这里只读:请改成只读的查询"
_SQL = "请修改 query:先在数据库的客户端中试运行"
_NETWORK = "请检查 host、port、网络与防火墙,以及数据库是否在运行"
_SLOW = "数据库太久没有应答:请优化查询,或调大 answer_timeout_seconds"
_FULL = "数据库的连接数已满或正在启停:请稍后重试"
_LOST = "连接中断:请检查网络与数据库是否重启,然后重新运行;本次没有取到任何数据,起始时间不变"
_ZONE = "数据库不认识工作区的时区:请让管理员装入时区表(mysql_tzinfo_to_sql)"
_CLIENT = "驱动不支持这一版本的数据库或登录方式:见 docs/zh/databases.md"

_OPTIONS = "options 中有驱动不认识的项:请对照驱动的文档修改"

# By kind: how an error's code and then its text begin → what to do; the first that fits.
_ADVICE: dict[str, list[tuple[str, str]]] = {
    "postgresql": [
        (
            r"28...|.*(role .+ (does not exist|is not)|authentication|no password|认证失败|角色.+不存在)",
            _LOGIN,
        ),
        (r"3D000|.*(database .+ does not exist|数据库.+不存在)", _NAME),
        (r".*invalid (connection|dsn).*option", _OPTIONS),
        (r"42501", _RIGHTS),
        (r"25006", _WRITE),
        (r"57014|.*statement timeout", _SLOW),
        (r"53300|57P03", _FULL),
        (r"57P0[12]|08...", _LOST),
        (r"42...|22...", _SQL),
    ],
    "mysql": [
        (r"1045|1698|1251|1524", _LOGIN),
        (r"1049", _NAME),
        (r"1044|1142|1143|1227|1370", _RIGHTS),
        (r"1792|1290", _WRITE),
        (r"1298", _ZONE),
        (r"1040|1053|1203", _FULL),
        (r"1969|3024", _SLOW),
        (r"2013 .*timed out", _SLOW),
        (r"2006|2013|1927|1317", _LOST),
        (r"200[235]", _NETWORK),
        (r"1\d\d\d", _SQL),
    ],
    "oracle": [
        (r"ORA-(01017|28000|28001|01005)", _LOGIN),
        (r"ORA-(12514|12505)|DPY-600[123]", _NAME),
        (r"ORA-(01031|01045)", _RIGHTS),
        (r"ORA-(00942|04043)", _SQL + ";表若属于别的用户,写作 用户.表,并须有 SELECT 权限"),
        (r"ORA-(01456|16000)", _WRITE),
        (r"DPY-30(10|15)", _CLIENT),
        (r"DPY-4024|ORA-01013", _SLOW),
        (r"ORA-(00018|00020|12516|12519|12520)", _FULL),
        (r"DPY-4011|ORA-(03113|03114|03135|00028)", _LOST),
        (r"ORA-(12\d\d\d)|DPY-6\d\d\d", _NETWORK),
        (r"ORA-\d+", _SQL),
    ],
    "sqlserver": [
        (r"1845\d", _LOGIN),
        (r"4060|911", _NAME),
        (r"229|230|916", _RIGHTS),
        (r"20003", _SLOW),
        (r"20004|20006|20047", _LOST),
        (r"20\d\d\d", _NETWORK),
        (r"\d{1,5}", _SQL),
    ],
    "dm": [
        (r"-250[0-9]", _LOGIN),
        (r"-55\d\d", _RIGHTS),
        (r"-70028", _NETWORK),
        (r"-6\d\d\d", _LOST),
        (r"-2\d\d\d", _SQL),
    ],
}
_ADVICE["kingbase"] = _ADVICE["postgresql"]
_BY_SQLSTATE = ("postgresql", "kingbase")
_CODE_IN_TEXT = re.compile(r"\b(?:ORA|DPY|DPI)-\d+|CODE:\s*(-\d+)")
_GONE = {
    "postgresql": r"42P01",
    "mysql": r"1146",
    "oracle": r"ORA-00942",
    "sqlserver": r"208",
    "dm": r"-2106",
}
_GONE["kingbase"] = _GONE["postgresql"]
"""By kind: the code of a table or view that is not there."""
STAGES = {"connect": "连接失败", "query": "查询失败", "read": "取数中断"}
_OTHERWISE = {"connect": _NETWORK + ";并核对 user、密码和 options", "query": _SQL, "read": _LOST}


class TableGoneError(RegauditError):
    """A table or view that a query reads is not there, or may not be known of."""


def explain(error: Exception, database: Database, stage: str, secret: str) -> RegauditError:
    """An error of a driver or the network for the user: which database, what it said, what to do.

    Args:
        error: what was raised.
        database: where it was raised; host, name and user are told.
        stage: `connect`, `query` or `read`.
        secret: the password; it is taken out of whatever the driver says.
    """
    dialect = DIALECTS[database.kind]
    place = f"{dialect.title} {database.host}:{database.port or dialect.port}"
    place += f"/{database.database}" if database.database else ""
    said = scrub(_one_line(_said(error)), secret)[:_LONGEST]
    kind = (
        TableGoneError if re.fullmatch(_GONE[database.kind], _code(error, database.kind)) else RegauditError
    )
    return kind(f"{place}(用户 {database.user}){STAGES[stage]}:{said}。{_advice(error, database, stage)}")


def scrub(text: str, secret: str) -> str:
    """`text` without the secret in any of the forms that a connection string may give it."""
    forms = {secret, secret.strip(), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    for form in sorted(forms - {""}, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def _advice(error: Exception, database: Database, stage: str) -> str:
    kind = database.kind
    code = _code(error, kind)
    if isinstance(error, TimeoutError):
        return _NETWORK if stage == "connect" else _SLOW
    if stage == "connect" and isinstance(error, TypeError):
        return _OPTIONS
    if isinstance(error, UnicodeError):
        return f"文字的编码与数据库声明的不同。{charset_advice(database)}"
    said = f"{code} {_one_line(_said(error))}"
    advice = next((a for pattern, a in _ADVICE[kind] if re.match(rf"(?:{pattern})(?!\d)", said)), "")
    if stage == "connect" and advice in (_LOST, _SLOW):
        return _NETWORK
    return advice or _OTHERWISE[stage]


def _code(error: Exception, kind: str) -> str:
    return _sqlstate(error) if kind in _BY_SQLSTATE else _number(error)


def _sqlstate(error: Exception) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")


def _number(error: Exception) -> str:
    """The number by which the database knows the error: in its text, or the first argument."""
    if (found := _CODE_IN_TEXT.search(_said(error))) is not None:
        return found[1] or found[0]
    first = error.args[0] if error.args else ""
    while isinstance(first, tuple) and first:
        first = first[0]
    return str(int(first)) if isinstance(first, int) else ""


def _said(error: Exception) -> str:
    parts = [part for arg in error.args for part in (arg if isinstance(arg, tuple) else (arg,))]
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts]
    return " ".join(texts) or type(error).__name__


def _one_line(text: str) -> str:
    """On one line, without carets pointing at the line above and without what streaming adds to the SQL."""
    text = re.sub(r'DECLARE "?regaudit"? .*?CURSOR .*?FOR ', "", text)
    lines = (line for line in text.splitlines() if line.strip(" ^\t"))
    return " ".join(" ".join(lines).split()).rstrip("。.")
