"""What an export that claims to hold a whole period lacks of what its source sent before.

Nothing is accused that may be there. A row that says a known one in other words is there. A rejected row may
be any row of the stream that it names: of a step log, any action of the case. One whose case number is blank
or unreadable may be any action of its day in its office; where it does not tell those either, any action at
all.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from regaudit.base.duck import connect
from regaudit.catalogue.event_types import ImportRecorded
from regaudit.catalogue.events import event_class
from regaudit.catalogue.kinds import OFFICE, ExportKind
from regaudit.eventlog.batches import NEW_SCHEMA
from regaudit.eventlog.log import EventLog
from regaudit.intake.row_import import Workbench
from regaudit.sources.canonical.rows import DAY

MEMORY_LIMIT = "320MB"

# Names of our own begin with two signs, which no column's does.
_SENT = """
INSERT INTO sent
SELECT {told}, __row_id, __position, {on}
FROM (
    SELECT
        position AS __position,
        {unpacked},
        state->>'$.{id}' AS __row_id,
        (state->>'$.{content}.{day}')[:10] AS {on},
        CAST(state->>'$.import_no' AS BIGINT) AS __import_no
    FROM known
    WHERE topic IN ({topics})
) AS a
SEMI JOIN same_source AS s ON a.__import_no = s.import_no
{of_offices}
WHERE {on} BETWEEN $first AND $last
"""

# Rows of the period that the log has from the same source and that are not in this export; reported once.
_VANISHED = """
SELECT {subject}, l.__row_id, min(l.__position) AS __position
FROM sent AS l
ANTI JOIN incoming AS i ON l.__row_id = i.__row_id
ANTI JOIN reported AS r ON l.__row_id = r.__row_id
{excused}
GROUP BY ALL
ORDER BY __position
"""


def vanished_rows(
    log: EventLog,
    bench: Workbench,
    draft: ImportRecorded,
    refused: pl.DataFrame,
) -> pa.Table:
    """A stored event for each row that is lacking and was not reported before.

    Args:
        log: what was sent before.
        bench: the export's rows, judged.
        draft: what the import event will say of the export.
        refused: what the export's rejected rows are about: the stream's columns and `DAY` of
            `canonical.refused_schema`.
    """
    kind = bench.kind
    if kind.vanished is None or not draft.covers_from or not log.position():
        return NEW_SCHEMA.empty_table()
    covers = (draft.covers_from, draft.covers_to)
    earlier = log.events("imports", ImportRecorded)
    same = {event.originator_version for event in earlier if _same_source(event, draft)}
    import_no = draft.originator_version
    make, stream = event_class(kind.vanished.topic), f"vanished:{import_no}"
    names = (*kind.subject, kind.id, kind.vanished.position)
    told = list(_by_told(refused))
    if any(not rows.width for rows in told):
        # A row that tells nothing may be any.
        return NEW_SCHEMA.empty_table()
    found = _vanished(log.read(), bench, covers, same, told)
    return log.stored(
        make(stream, n, import_no=import_no, **dict(zip(names, row, strict=True)))
        for n, row in enumerate(found, start=1)
    )


def _vanished(
    log: Iterable[pa.Table],
    bench: Workbench,
    covers: tuple[str, str],
    imports: set[int],
    refused: list[pl.DataFrame],
) -> list[tuple[Any, ...]]:
    """What the log has of a period and the export lacks: the columns of the stream, row id, position.

    Args:
        log: all events, as tables of `EVENT_SCHEMA`.
        bench: the export's rows.
        covers: first and last day (ISO) that the export claims to hold every row of.
        imports: the imports from the same source; only their rows can be missed.
        refused: what the rejected rows tell, as `_by_told`; each may be a row that seems to be lacking.
    """
    kind = bench.kind
    columns = ", ".join(f'"{name}" VARCHAR' for name in _told(kind))
    with connect(memory_limit=MEMORY_LIMIT, temp_directory=bench.folder) as db:
        db.execute(f"CREATE TABLE sent ({columns}, __row_id VARCHAR, __position BIGINT, {DAY} VARCHAR)")
        db.execute("CREATE TABLE reported (__row_id VARCHAR)")
        db.execute("CREATE TABLE incoming (__row_id VARCHAR)")
        for ids in chain(bench.row_ids(), bench.known_ids()):
            db.register("ids", ids.to_frame("__row_id").to_arrow())
            db.execute("INSERT INTO incoming FROM ids")
        db.register("same_source", pa.table({"import_no": pa.array(sorted(imports), pa.int64())}))
        db.register("offices", pa.table({OFFICE: pa.array(sorted(bench.verdict.offices), pa.string())}))
        excused = [_excuse(db, number, rows) for number, rows in enumerate(refused)]
        sent, reported = _sent(kind), _reported(kind)
        for table in log:
            db.register("known", table)
            db.execute(sent, {"first": covers[0], "last": covers[1]})
            db.execute(reported)
        subject = ", ".join(f'l."{name}"' for name in kind.subject)
        return db.execute(_VANISHED.format(subject=subject, excused="\n".join(excused))).fetchall()


def _sent(kind: ExportKind) -> str:
    told = _told(kind)
    return _SENT.format(
        told=", ".join(f'"{name}"' for name in told),
        unpacked=", ".join(f"state->>'$.{kind.content}.{name}' AS \"{name}\"" for name in told),
        id=kind.id,
        content=kind.content,
        day=kind.day,
        on=DAY,
        topics=", ".join(f"'{topic}'" for topic in kind.topics),
        of_offices=f"SEMI JOIN offices AS o ON a.{OFFICE} = o.{OFFICE}" if OFFICE in told else "",
    )


def _reported(kind: ExportKind) -> str:
    topic = kind.vanished.topic if kind.vanished else ""
    return f"INSERT INTO reported SELECT state->>'$.{kind.id}' FROM known WHERE topic = '{topic}'"


def _told(kind: ExportKind) -> list[str]:
    """The columns that decide about a row: those of its stream, and its office."""
    return list(dict.fromkeys([*kind.subject, *(name for name in kind.columns if name == OFFICE)]))


def _by_told(refused: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rejected rows in parts that tell the same: each with the columns that it tells."""
    for blank in refused.select(pl.all().is_null()).unique(maintain_order=True).iter_rows():
        pairs = list(zip(refused.columns, blank, strict=True))
        of_part = refused.filter(pl.col(name).is_null() == is_blank for name, is_blank in pairs)
        yield of_part.select(name for name, is_blank in pairs if not is_blank)


def _excuse(db: duckdb.DuckDBPyConnection, number: int, rows: pl.DataFrame) -> str:
    """A join that leaves out whatever rejected rows may be."""
    name = f"refused_{number}"
    db.register(name, rows.to_arrow())
    columns = ", ".join(f'"{column}"' for column in rows.columns)
    return f"ANTI JOIN {name} USING ({columns})"


def _same_source(earlier: ImportRecorded, now: ImportRecorded) -> bool:
    """Whether two imports are exports of one source, so that the later should hold what the earlier held.

    What people corrected is theirs: the source still sends it as it was rejected.
    """
    read_as = (now.kind, now.source, now.mapping)
    return not earlier.resubmits and (earlier.kind, earlier.source, earlier.mapping) == read_as
