"""What a night takes in: the files, folders and queries that it was given or that the settings declare.

One export that fails must not keep the others out; what fails or is missing is told.
"""

import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from glob import glob, has_magic
from itertools import takewhile
from pathlib import Path

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.audit.ledger_nights import Night, reread
from regaudit.audit.workspace import Workspace
from regaudit.base.admission import refusal
from regaudit.base.clock import night_of, since_noon
from regaudit.base.errors import LockLostError
from regaudit.base.failures import explain
from regaudit.base.folders import FETCHED, Folders
from regaudit.base.source_settings import WEEKDAYS, Source
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.event_types import ExportDelivered, ExportMissed
from regaudit.catalogue.events import LogEvent
from regaudit.intake.importer import Importer
from regaudit.intake.results import ImportResult, Origin
from regaudit.sources.canonical.mapping import CANONICAL, Mapping, load_mapping
from regaudit.sources.databases.charsets import charset_advice
from regaudit.sources.databases.failures import TableGoneError
from regaudit.sources.databases.fetch import Fetched, fetch
from regaudit.warehouse.reference import ALL_OFFICES, days

SATURDAY = 5
_ASK_EMPTIED = "请查明表是否被清空、截断或改名,再核对 query"


class Gathered(Struct, kw_only=True):
    """What came in, what failed, and which exports are missing: their sources, and each with its office.

    `emptied` tells (Chinese) of queries that used to give rows and gave none.
    """

    imports: list[ImportResult] = msgspec.field(default_factory=list)
    failures: list[str] = msgspec.field(default_factory=list)
    missing: list[str] = msgspec.field(default_factory=list)
    missing_sources: list[tuple[str, str]] = msgspec.field(default_factory=list)
    emptied: list[str] = msgspec.field(default_factory=list)


def gather(
    workspace: Workspace, files: Sequence[Path], mapping: str | None, night: Night, backfill: str = ""
) -> Gathered:
    """Import the given files or, without any, what the settings declare; `backfill` as in `Origin`.

    What the settings expect of the night is expected whatever files it is given: else whoever runs it with a
    file of his own would keep the others out unseen.
    """
    gathered, as_of = Gathered(), night.as_of
    if files:
        came: list[tuple[Path, list[ImportResult]]] = []
        for path in files:
            before = len(gathered.imports)
            source = Source(path=str(path), mapping=mapping)
            _take(workspace, source, [path], gathered, Origin(backfill=backfill))
            came.append((path.resolve(), gathered.imports[before:]))
        for source in workspace.settings.sources:
            _look_for(workspace, source, _imports_of(source, came, workspace.home), gathered, night)
        return gathered
    for source in workspace.settings.sources:
        before = len(gathered.imports)
        if source.query:
            _take_query(workspace, source, gathered, night, backfill)
        else:
            files_found, refused = _named_files(source.path, workspace.home)
            gathered.failures += [f"{name} 未导入:{reason}" for name, reason in refused]
            _take(workspace, source, files_found, gathered, _origin(source, as_of, backfill))
        _look_for(workspace, source, gathered.imports[before:], gathered, night)
    return gathered


def _look_for(
    workspace: Workspace, source: Source, imports: list[ImportResult], gathered: Gathered, night: Night
) -> None:
    """Note whether a source has delivered, by what was imported of it."""
    if _is_missing(workspace, source, imports, night):
        gathered.missing.append(source.label)
        gathered.missing_sources.append((source.label, source.office or ""))
        _note_missing(workspace, source, night.as_of)
    elif _delivered(source, imports):
        _note_delivered(workspace, source, night.as_of)


def _imports_of(
    source: Source, came: Sequence[tuple[Path, list[ImportResult]]], home: Path
) -> list[ImportResult]:
    """What of the given files lies where a source delivers."""
    places = {found.resolve() for found in _named_files(source.path, home)[0]} if source.path else set()
    return [
        result for path, results in came if not places.isdisjoint([path, *path.parents]) for result in results
    ]


def _take(
    workspace: Workspace,
    source: Source,
    paths: list[Path],
    gathered: Gathered,
    origin: Origin,
) -> None:
    importer = Importer(
        workspace.home, workspace.log, workspace.settings.zone, workspace.now, workspace.progress
    )
    for path in paths:
        try:
            name, mapping = _mapping(workspace, source)
            gathered.imports += importer.run(path, name, mapping, origin)
        except LockLostError:  # another night may be at work
            raise
        except Exception as error:  # noqa: BLE001 - one bad file must not keep the others out
            gathered.failures.append(f"{path.name} 未导入:{explain(error)}")


def _take_query(
    workspace: Workspace, source: Source, gathered: Gathered, night: Night, backfill: str
) -> None:
    before = reread(workspace.log, night)
    try:
        _, mapping = _mapping(workspace, source)
        with tempfile.TemporaryDirectory(prefix=FETCHED, dir=_work(workspace.home)) as folder:
            fetched = fetch(
                source,
                workspace.home,
                Path(folder),
                watermark=_last_watermark(before, source),
                zone=(mapping.zone if mapping else None) or workspace.settings.zone,
                now=workspace.now(),
                progress=workspace.progress,
            )
            if fetched.rows:
                origin = _origin(source, night.as_of, backfill, fetched)
                _take(workspace, source, [fetched.path], gathered, origin)
            elif _is_emptied(before, source):
                gathered.emptied.append(
                    f"数据源 {source.name}:以前有数据,这次查询一行也没有返回。{_ASK_EMPTIED}"
                )
    except LockLostError:
        raise
    except TableGoneError as error:
        if _gave_rows(before, source):
            gathered.emptied.append(f"{explain(error)}。以前读取过,这次表不在了。{_ASK_EMPTIED}")
        else:
            gathered.failures.append(explain(error))
    except Exception as error:  # noqa: BLE001 - one platform that is down must not keep the others out
        gathered.failures.append(explain(error))


def _gave_rows(before: Night, source: Source) -> bool:
    return any(event.source == source.label and event.rows_read for event in before.imports)


def _is_emptied(before: Night, source: Source) -> bool:
    """Whether a query without rows had some: with an overlap it brings at least the last ones again."""
    database = source.database
    is_read_again = database is not None and (not database.watermark or database.overlap_minutes > 0)
    return is_read_again and _gave_rows(before, source)


def _work(home: Path) -> Path:
    work = Folders(home).work
    work.mkdir(exist_ok=True)
    return work


def _mapping(workspace: Workspace, source: Source) -> tuple[str, Mapping | None]:
    name, mapping = load_mapping(source.mapping, workspace.home)
    if source.office:
        constants = mapping.constants | {"office": source.office}
        # With the constant it is no longer the canonical form, which any shipped mapping may stand in for.
        own_name = f"{name}+office" if name == CANONICAL else name
        return own_name, msgspec.structs.replace(mapping, constants=constants)
    return name, mapping


def _origin(source: Source, as_of: datetime, backfill: str, fetched: Fetched | None = None) -> Origin:
    covers = None
    if source.covers_days:
        night = night_of(as_of)
        first = night - timedelta(days=source.covers_days - 1)
        covers = (first.isoformat(), night.isoformat())
    return Origin(
        source=source.label,
        delivers=source.delivers,
        backfill=backfill,
        watermark=(fetched.watermark or "") if fetched else "",
        covers=covers,
        watermark_with=fetched.watermark_with if fetched else None,
        charset_advice=charset_advice(source.database) if source.database else "",
    )


def _last_watermark(night: Night, source: Source) -> str | None:
    """How far the query has come: the log says, so it is never ahead of what was imported."""
    reached = None
    for event in night.imports:
        if event.source == source.label:
            reached = event.watermark or reached
    return reached


def _named_files(name: str, base: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """The files that a name stands for: itself, a folder, or all that match it as a pattern.

    Of those that match, the names of what is no file, or leads out of the pattern's folder, with the reason.
    """
    path = base / name
    if path.exists():
        return [path], []
    folder = base.joinpath(*takewhile(lambda part: not has_magic(part), Path(name).parts))
    files, refused = [], []
    for match in sorted(glob(name, root_dir=base, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute patterns
        found = base / match
        if (reason := refusal(found, folder)) is not None:
            refused.append((match, reason))
        elif found.is_file():
            files.append(found)
    return files, refused


def _is_missing(workspace: Workspace, source: Source, imports: list[ImportResult], night: Night) -> bool:
    """Whether an export that should be there by now is not."""
    if not source.expected or not _delivers(workspace, source, night.on):
        return False
    if not source.due:
        return not imports and not source.query and not _named_files(source.path, workspace.home)[0]
    is_early = since_noon(night.as_of.time()) < since_noon(time.fromisoformat(source.due))
    if is_early or any(not result.was_known_file for result in imports):
        return False
    # It may have come earlier today, in an earlier run of this night.
    today = night.on.isoformat()
    return not any(
        event.source == source.label and event.imported_at[:10] >= today
        for event in reread(workspace.log, night).new_imports
    )


def _delivers(workspace: Workspace, source: Source, night: date) -> bool:
    """Whether a source delivers on a night: on those that it names, else on those of working days."""
    if source.nights:
        return WEEKDAYS[night.weekday()] in source.nights
    common = pl.col("calendar") == ALL_OFFICES
    known = days(workspace.settings, national_calendar(workspace.home))
    day = known.filter(common & (pl.col("on_date") == night))
    return bool(day["is_workday"][0]) if len(day) else night.weekday() < SATURDAY


def _delivered(source: Source, imports: list[ImportResult]) -> bool:
    """Whether an export was there: where one is due each night, yesterday's that still lies there is none."""
    return any(not (source.due and result.was_known_file) for result in imports)


def _note_missing(workspace: Workspace, source: Source, as_of: datetime) -> None:
    """Put it into the log, once a night, and again where the export had come since."""
    night = night_of(as_of).isoformat()
    if _missed_last(workspace, source) != night:
        workspace.log.append(
            ExportMissed,
            _stream(source),
            source=source.label,
            office=source.office or "",
            night=night,
            due=source.due,
        )


def _note_delivered(workspace: Workspace, source: Source, as_of: datetime) -> None:
    """Put it into the log, once, that a source which had been missing is there again."""
    if _missed_last(workspace, source):
        night = night_of(as_of).isoformat()
        workspace.log.append(ExportDelivered, _stream(source), source=source.label, night=night)


def _missed_last(workspace: Workspace, source: Source) -> str:
    """The last night that missed the source, as far as it has not delivered since; else an empty text."""
    last = ""
    for event in workspace.log.events(_stream(source), LogEvent):
        last = event.night if isinstance(event, ExportMissed) else ""
    return last


def _stream(source: Source) -> str:
    return f"missed:{source.label}"
