"""The optional parts of the program, and what to do where one is not installed."""

from msgspec import Struct


class Part(Struct, frozen=True):
    """An optional part.

    Attributes:
        title: what needs it (Chinese).
        package: what to bring oneself; empty where archives for closed networks hold the part.
    """

    title: str
    package: str = ""


PARTS = {
    "reports": Part("台账文书、月报、抽查表的 PDF"),
    "simulate": Part("模拟日志写成旧版 Excel 的文件"),
    "desk": Part("监管台网页"),
    "oidc": Part("监管台用统一身份认证登录"),
    "postgresql": Part("PostgreSQL 数据源或事件日志"),
    "mysql": Part("MySQL、MariaDB 数据源"),
    "oracle": Part("Oracle 数据源", "oracledb"),
    "sqlserver": Part("SQL Server 数据源", "pymssql"),
    "dm": Part("达梦数据源", "dmPython"),
    "kingbase": Part("人大金仓数据源", "ksycopg2"),
    "spark": Part("全省汇总用 Spark 计算,另需 Java 17", "pyspark、sqlglot"),
}
"""By the names under which they are installed."""


def how_to_get(name: str) -> str:
    """What to do where a part is not installed (Chinese)."""
    package = PARTS[name].package
    closed = (
        f"离线安装包中没有它,内网请自备 {package} 的安装文件(.whl),"
        "用 regaudit 所在环境的 python -m pip install --no-index 文件名 装入"
        if package
        else f"内网请用含 {name} 的离线安装包再安装一次,见 安装说明.md"
    )
    return f'请运行 pip install "regaudit[{name}]";{closed}'
