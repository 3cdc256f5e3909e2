"""One file for analysts to carry away: whole or not there."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from regaudit.base.archive import sync_folder
from regaudit.base.errors import RegauditError, UsageError, reason_of
from regaudit.base.in_place import put_in_place
from regaudit.base.modes import for_others
from regaudit.base.progress import Progress
from regaudit.outlets.selection import Selected
from regaudit.outlets.table_files import (
    SUFFIXES,
    CsvFile,
    ParquetFile,
    TableFile,
    XlsxFile,
    check_rows,
)

_STAGE = "导出"
_ENDS = ":;,。"


class Exported(Struct, frozen=True, kw_only=True):
    """What was written: `notices` (Chinese) tells what a reader of the file must know."""

    path: Path
    rows: int
    columns: int
    size: int
    notices: list[str]


def check_target(path: Path, *, may_replace: bool) -> None:
    """Refuse a place where no export can be written, before anything is computed.

    Raises:
        UsageError: the name tells no kind of file.
        RegauditError: something stands there already, or there is no such folder.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} 的后缀应为 {'、'.join(SUFFIXES)} 之一:由它定文件的种类")
    if path.is_dir():
        raise RegauditError(f"{path} 是文件夹:请写文件名")
    if path.exists() and not may_replace:
        raise RegauditError(f"{path} 已存在,未作改动:请换一个文件名,或加 --force 覆盖")
    if not path.parent.is_dir():
        raise RegauditError(f"没有文件夹 {path.parent}:请先建立,或改正 -o")


def write_export(
    selected: Selected, path: Path, *, headers: Sequence[str], may_replace: bool, progress: Progress
) -> Exported:
    """Write what was selected under a temporary name, and put it in place when it is whole.

    Args:
        selected: rows and columns.
        path: where; the suffix tells the kind of file.
        headers: of the columns, in their order.
        may_replace: whether what stands there may go.
        progress: hears of each batch.

    Raises:
        RegauditError: the rows cannot be read, or do not fit into such a file, or the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".xlsx" and selected.rows is not None:
        check_rows(selected.rows)
    draft = path.with_name(f".{path.name}.tmp")
    rows = 0
    try:
        with for_others():
            draft.unlink(missing_ok=True)
            file = _opened(draft, kind, selected, headers)
            try:
                for batch in selected.batches:
                    file.write(batch)
                    rows += batch.num_rows
                    progress(_STAGE, rows, selected.rows or 0)
            finally:
                file.close()
        size = draft.stat().st_size
        check_target(path, may_replace=may_replace)
        put_in_place(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        raise RegauditError(
            f"{path} 无法写入:{reason_of(error)}。请检查磁盘空间和文件夹权限,或关闭正打开它的程序"
        ) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return Exported(path=path, rows=rows, columns=len(headers), size=size, notices=file.notices)


def _opened(draft: Path, kind: str, selected: Selected, headers: Sequence[str]) -> TableFile:
    if kind == ".csv":
        return CsvFile(draft, headers)
    if kind == ".parquet":
        return ParquetFile(draft, headers, selected.schema)
    return XlsxFile(draft, Path(selected.name).stem, headers, _explained(selected, headers))


def _explained(selected: Selected, headers: Sequence[str]) -> list[list[str]]:
    rows = [["栏目", "说明"]]
    for name, header in zip(selected.names, headers, strict=True):
        rows.append([header if header == name else f"{header}({name})", selected.comments.get(name, "")])
    return rows


def chinese_headers(selected: Selected) -> list[str]:
    """What the columns of a table are called in Chinese: their comments up to what explains them.

    Where two would be called alike, or one has no comment, the name of the column tells them apart.
    """
    titles = [_short(selected.comments.get(name, "")) for name in selected.names]
    return [
        f"{title}({name})" if title and titles.count(title) > 1 else title or name
        for name, title in zip(selected.names, titles, strict=True)
    ]


def _short(comment: str) -> str:
    ends = [comment.index(sign) for sign in _ENDS if sign in comment]
    return comment[: min(ends)] if ends else comment


def facts_of(exported: Exported) -> dict[str, Any]:
    """For programs."""
    return {
        "file": str(exported.path),
        "rows": exported.rows,
        "columns": exported.columns,
        "bytes": exported.size,
        "notices": exported.notices,
    }
