"""How each kind of database is told the encoding of its texts, for whoever got them garbled."""

from regaudit.base.source_settings import Database

_WHERE = "请在 regaudit.toml 该数据源的 [sources.database] 中试设"
_ADVICE = {
    "postgresql": (
        f'{_WHERE} options = {{ client_encoding = "GBK" }}(即字符集 charset);库的编码若不是文字真正的编码,'
        "则在 query 中转换,如 convert_from(convert_to(列, 'LATIN1'), 'GBK')"
    ),
    "mysql": (
        f'{_WHERE} options = {{ charset = "gbk" }}(字符集须能表示汉字);列的字符集若不是文字真正的编码,'
        "则在 query 中转换,如 CONVERT(CAST(CONVERT(列 USING latin1) AS BINARY) USING gbk)"
    ),
    "oracle": (
        f'{_WHERE} options = {{ lib_dir = "…" }},并以环境变量 NLS_LANG 设字符集(charset),'
        "如 AMERICAN_AMERICA.ZHS16GBK;或在 query 中用 UTL_I18N 转换"
    ),
    "sqlserver": f'{_WHERE} options = {{ charset = "CP936" }};或在 query 中用 nvarchar 列',
    "dm": f"{_WHERE} options = {{ local_code = 2 }}(字符集 charset:2 为 GBK,10 为 GB18030)",
}
_ADVICE["kingbase"] = _ADVICE["postgresql"]


def charset_advice(database: Database) -> str:
    """Which setting to try, and where it goes (Chinese); what is set already is named."""
    names = ("charset", "client_encoding", "local_code")
    already = [f"{name} = {database.options[name]!r}" for name in names if name in database.options]
    return _ADVICE[database.kind] + (f"。现在设的是 {'、'.join(already)}" if already else "")
