"""What is said about exports: previews, imports, quarantine and original rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.markup import escape

from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import ImportRecorded
from regaudit.catalogue.kinds import ExportKind, export_kinds, kind_title
from regaudit.catalogue.vocabulary import display_name
from regaudit.cli.screen import print_table, say
from regaudit.intake.preview.facts import Preview, ReadExport, ReadTable, UnreadTable
from regaudit.intake.quarantine.file import NOTES
from regaudit.intake.quarantine.open_rows import OpenRows
from regaudit.outlets.coverage import Gap

_BASES = {"declared": "声明的期间未涵盖", "calendar": "工作日没有任何操作"}
_MOST = 20


def preview_facts(preview: Preview) -> dict[str, Any]:
    """A preview for programs."""
    facts: dict[str, Any] = msgspec.to_builtins(preview)
    return facts | {"quarantined": preview.quarantined, "exit_status": preview.exit_status}


def preview(preview: Preview, draft: Path | None) -> None:
    """A whole preview."""
    say(f"{escape(preview.file)}:{preview.format},时区 {preview.zone}")
    if preview.resubmits:
        say(f"这是改正后的隔离文件:{preview.resubmits} 行将重新提交")
    if not preview.recognised:
        say(f"[bold red]未能识别[/]:{escape(preview.problem)}")
        for table in preview.unread:
            _unread(table)
    for export in preview.exports:
        _export(export)
    for text in preview.ignored:
        say(f"未读取的表:{escape(text)}")
    if preview.recognised and preview.problem:
        say(f"[bold red]不能导入[/]:{escape(preview.problem)}")
    if draft is not None:
        say(f"映射已写入 {escape(str(draft))}:核对后用 --mapping {escape(str(draft))} 再看一遍")
    elif not preview.recognised:
        say("加 --write 文件名.toml 可把以上猜测写成映射草稿")


def _export(export: ReadExport) -> None:
    mapping = f"映射 {export.mapping}" + (f"({export.mapping_title})" if export.mapping_title else "")
    kind = export_kinds()[export.kind]
    say(f"识别为{kind.title},{escape(mapping)}")
    for table in export.tables:
        if table.rows:
            _table(table, kind)
    if empty := [table.name for table in export.tables if table.name and not table.rows]:
        say(f"没有数据行的表:{escape('、'.join(empty))}")
    skipped = f",未办理而跳过 {export.skipped}" if export.skipped else ""
    known = f",以前隔离已处理 {export.settled}" if export.settled else ""
    known += f",以前隔离仍待改正 {export.waiting}" if export.waiting else ""
    say(f"共 {export.rows} 行 → {export.actions} 个{kind.noun}{skipped},将隔离 {export.quarantined}{known}")
    if export.first_at:
        share = export.dates / max(export.actions, 1)
        span = f"{_time(export.first_at)} 至 {_time(export.last_at)}"
        say(f"时间范围 {span};仅有日期的占 {share:.0%}({export.dates})")
    for column, counts in export.unmapped.items():
        shown = "、".join(f"{escape(count.value)}({count.rows})" for count in counts[:_MOST])
        more = f" 等 {len(counts)} 种" if len(counts) > _MOST else ""
        say(f"照原样保留的{kind.title_of(column)}:{shown}{more}")
    _bad_rows(export)
    if export.sample:
        say(f"前 {len(export.sample)} 个结果")
    for row in export.sample:
        say(f"  {escape(' · '.join(f'{name} = {cell}' for name, cell in row.items()))}")


def _table(table: ReadTable, kind: ExportKind) -> None:
    header = f"表头在第 {table.header_row} 行" if table.header_row else "无表头行"
    name = f"表 {escape(table.name)}:" if table.name else ""
    say(f"{name}{header},数据 {table.rows} 行")
    rows = [(kind.titled(name), escape("、".join(sources))) for name, sources in table.columns.items()]
    rows += [(kind.titled(name), escape(f"固定为 {value}")) for name, value in table.constants.items()]
    rows += [
        (kind.titled(name), escape(f"空缺时按 {'、'.join(keys)} 取自其他行"))
        for name, keys in table.fills.items()
    ]
    for action in table.actions:
        taken = ",".join(f"{name} = {'、'.join(sources)}" for name, sources in action["columns"].items())
        rows.append((f"环节 {escape(action['step'])}", escape(taken)))
    print_table("", ("标准列", "来自"), rows)
    if table.unused:
        say(f"未使用的列:{escape('、'.join(table.unused))}")


def _titled(name: str) -> str:
    return f"{name} {display_name(name)}"


def _bad_rows(export: ReadExport) -> None:
    for reason in export.reasons:
        column = f"{escape(reason.column)}:" if reason.column else ""
        say(f"[bold yellow]将隔离[/] {reason.rows} 行:{column}{escape(reason.reason)}")
    for bad in export.quarantine:
        table = f"{escape(bad.table)} " if bad.table else ""
        value = f",值为 {escape(bad.value)}" if bad.value else ""
        say(f"  {table}第 {bad.row_no} 行 {escape(bad.column)}{value}:{escape(bad.reason)}")


def _unread(table: UnreadTable) -> None:
    rows = [
        (_titled(name), escape("、".join(f"{c.column}({c.score:.0%})" for c in found)))
        for name, found in table.candidates.items()
    ]
    if rows:
        say(f"表 {escape(table.name)}" if table.name else "可能的对应:")
        print_table("", ("标准列", "可能是(把握)"), rows)


def import_facts(number: int, event: ImportRecorded, still_open: int, vanished: int) -> dict[str, Any]:
    """One import for programs; `quarantine_open` is what was not corrected yet."""
    return {
        "import_no": number,
        "imported_at": event.imported_at,
        "kind": event.kind,
        "file": event.file_name,
        "file_sha256": event.file_sha256,
        "mapping": event.mapping,
        "source": event.source,
        "rows_read": event.rows_read,
        "appended": event.appended,
        "known": event.known,
        "altered": event.altered,
        "quarantined": event.quarantined,
        "quarantine_open": still_open,
        "quarantine_file": event.quarantine_file,
        "settled": event.settled,
        "waiting": event.waiting,
        "skipped": event.skipped,
        "vanished": vanished,
        "resubmitted": sum(len(rows.row_nos) for rows in event.resubmits),
        "offices": event.offices,
        "first_on": event.first_on,
        "last_on": event.last_on,
        "covers_from": event.covers_from or None,
        "covers_to": event.covers_to or None,
    }


def imports(rows: Sequence[dict[str, Any]], gaps: Sequence[Gap], settings: Settings) -> None:
    """All imports, and the days that none covers."""
    say(f"导入 {len(rows)} 次")
    for row in rows:
        source = f"(来源 {row['source']})" if row["source"] else ""
        say(
            f"{row['import_no']}. {_time(row['imported_at'])} {escape(row['file'] + source)} "
            f"{kind_title(row['kind'])},映射 {escape(row['mapping'])}:{_counts(row)}"
        )
        facts = {
            "机构": escape("、".join(row["offices"])),
            "操作日期": _period(row["first_on"], row["last_on"]),
            "声明涵盖": _period(row["covers_from"], row["covers_to"]),
        }
        if told := ";".join(f"{title} {fact}" for title, fact in facts.items() if fact):
            say(f"   {told}")
    if not gaps:
        say("各登记机构没有缺口")
        return
    print_table(
        f"缺口 {len(gaps)} 处",
        ("机构", "自", "至", "工作日", "依据"),
        [
            (
                escape(settings.office_name(gap.office)),
                gap.first_on,
                gap.last_on,
                gap.workdays,
                _BASES[gap.basis],
            )
            for gap in gaps
        ],
    )


def _counts(row: dict[str, Any]) -> str:
    titles = {
        "rows_read": "读取",
        "appended": "新增",
        "known": "已有",
        "altered": "被改",
        "settled": "以前隔离已处理",
        "waiting": "以前隔离仍待改正",
        "skipped": "跳过",
        "vanished": "较以前缺失",
        "resubmitted": "重新提交",
    }
    told = [f"{title} {row[name]}" for name, title in titles.items() if row[name] or name == "rows_read"]
    if row["quarantined"]:
        dismissed = f",不再改正 {row['quarantine_dismissed']}" if row["quarantine_dismissed"] else ""
        told.append(f"隔离 {row['quarantined']}(未改正 {row['quarantine_open']}{dismissed})")
    return ",".join(told)


def _time(at: str | None) -> str:
    return (at or "").replace("T", " ")


def _period(first: str | None, last: str | None) -> str:
    return "" if not first else first if first == last else f"{first} 至 {last}"


def quarantine(rows: Sequence[OpenRows]) -> None:
    """What is still in quarantine, and what to do."""
    for entry in rows:
        if done := entry.dismissed:
            say(
                f"第 {entry.import_no} 次导入 {escape(entry.file)}:{done.rows} 行不再改正,"
                f"{escape(done.by)} 于 {_time(done.at)} 注明:{escape(done.reason)}"
            )
    waiting = [entry for entry in rows if entry.open]
    if not waiting:
        say("没有待改正的隔离行")
        return
    say(f"待改正的隔离行 {sum(entry.open for entry in waiting)} 行")
    for entry in waiting:
        say(
            f"第 {entry.import_no} 次导入 {escape(entry.file)}:{entry.open} 行,共隔离 {entry.rejected} 行,"
            f"文件 quarantine/{escape(entry.quarantine_file)}"
        )
        for reason in entry.reasons:
            where = f" {reason.column}" if reason.column else ""
            say(f"  {reason.rows} 行{escape(where)}:{escape(reason.reason)}")
        if entry.in_file < entry.open:
            say(
                f"  [bold yellow]隔离文件中只找到其中 {entry.in_file} 行[/]:"
                "文件被移走或删过行,请从备份恢复,或请平台重新导出这些行"
            )
    say("改正办法:用 Excel 或文本编辑器改正后面的各列(以“_”开头的列不动),另存,再运行 regaudit import 该文件")
    say(
        "不再改正的(如文件本就不该导入):regaudit quarantine --dismiss 第几次导入 --reason 原因;"
        "以后的导出再带来同样的行,也不再隔离"
    )


def originals(facts: dict[str, Any]) -> None:
    """The original rows of a case, each once, however many actions were made of it."""
    if problem := facts.get("originals_problem"):
        say(f"[bold yellow]原文无法查找[/]:{escape(problem)}")
        return
    grouped: dict[tuple[int, str, int], list[dict[str, Any]]] = {}
    for row in (*facts["steps"], *facts["altered_steps"]):
        if (original := row.get("original")) is not None:
            key = (original["import_no"], original.get("table", ""), original["row_no"])
            grouped.setdefault(key, []).append(row)
    if grouped:
        say("原文(存档文件中的样子)")
    for rows in grouped.values():
        positions = "、".join(str(position) for position in sorted(row["position"] for row in rows))
        for line in _original(rows[0]["original"], f"位置 {positions} · "):
            say(line)


def _original(original: dict[str, Any], lead: str) -> Iterator[str]:
    table = f" 表 {original['table']}" if original.get("table") else ""
    where = escape(f"{original['file_name']}{table} 第 {original['row_no']} 行")
    if problem := original.get("problem"):
        yield f"  {lead}{where}:[bold yellow]{escape(problem)}[/]"
    else:
        cells = (
            f"{n} = {cell}".replace("\n", "␊")
            for n, cell in original.get("cells", {}).items()
            if n not in NOTES
        )
        yield f"  {lead}{where}:{escape(' · '.join(cells))}"
    if rejected := original.get("rejected"):
        yield from _original(rejected, "  由此改正 · ")
