"""What an export that claims to hold a whole period lacks of what its source sent before.

Nothing is accused that may be there. A rejected row may be any action of the case that it names. One whose
case number is blank or unreadable may be any action of its day in its office; where it does not tell those
either, any action at all.
"""

from collections.abc import Iterable

import polars as pl
import pyarrow as pa

from regaudit.base.duck import connect
from regaudit.catalogue.event_types import ImportRecorded, StepVanished
from regaudit.eventlog.batches import NEW_SCHEMA
from regaudit.eventlog.log import EventLog
from regaudit.intake.step_import import Workbench

MEMORY_LIMIT = "320MB"

_TABLE_SENT = """
CREATE TABLE sent (office VARCHAR, case_no VARCHAR, action_id VARCHAR, position BIGINT, occurred_on VARCHAR)
"""
_SENT = """
INSERT INTO sent
SELECT office, case_no, action_id, position, occurred_on
FROM (
    SELECT
        position,
        state->>'$.action.office' AS office,
        state->>'$.action.case_no' AS case_no,
        state->>'$.action_id' AS action_id,
        (state->>'$.action.occurred_at')[:10] AS occurred_on,
        CAST(state->>'$.import_no' AS BIGINT) AS import_no
    FROM known
    WHERE topic IN ('step-recorded', 'step-altered')
) AS a
SEMI JOIN same_source AS s ON a.import_no = s.import_no
SEMI JOIN offices AS o ON a.office = o.office
WHERE occurred_on BETWEEN $first AND $last
"""

# Actions of the period that the log has from the same source and that are not in this export; reported once.
_VANISHED = """
SELECT l.office, l.case_no, l.action_id, min(l.position) AS position
FROM sent AS l
ANTI JOIN incoming AS i ON l.action_id = i.action_id
ANTI JOIN reported AS r ON l.action_id = r.action_id
ANTI JOIN named AS n ON l.case_no = n.case_no AND l.office = n.office
ANTI JOIN named_anywhere AS a ON l.case_no = a.case_no
ANTI JOIN nameless AS u
    ON coalesce(l.office = u.office, true) AND coalesce(l.occurred_on = u.occurred_on, true)
GROUP BY ALL
ORDER BY position
"""


def vanished_rows(
    log: EventLog,
    bench: Workbench,
    draft: ImportRecorded,
    refused: pl.DataFrame,
) -> pa.Table:
    """A stored `step-vanished` event for each action that is lacking and was not reported before.

    Args:
        log: what was sent before.
        bench: the export's rows, judged.
        draft: what the import event will say of the export.
        refused: what the export's rejected rows are about, as `canonical.REFUSED`.
    """
    if not draft.covers_from or not log.position():
        return NEW_SCHEMA.empty_table()
    covers = (draft.covers_from, draft.covers_to)
    earlier = log.events("imports", ImportRecorded)
    same = {event.originator_version for event in earlier if _same_source(event, draft)}
    import_no = draft.originator_version
    found = _vanished(log.read(), bench, covers, same, refused)
    return log.stored(
        StepVanished(
            f"vanished:{import_no}",
            n,
            office=office,
            case_no=case_no,
            action_id=action_id,
            step_position=position,
            import_no=import_no,
        )
        for n, (office, case_no, action_id, position) in enumerate(found, start=1)
    )


def _vanished(
    log: Iterable[pa.Table],
    bench: Workbench,
    covers: tuple[str, str],
    imports: set[int],
    refused: pl.DataFrame,
) -> list[tuple[str, str, str, int]]:
    """What the log has of a period and the export lacks: office, case number, action id, position.

    Args:
        log: all events, as tables of `EVENT_SCHEMA`.
        bench: the export's rows.
        covers: first and last day (ISO) that the export claims to hold every action of.
        imports: the imports from the same source; only their actions can be missed.
        refused: what the rejected rows are about; each of them may be an action that seems to be lacking.
    """
    with connect(memory_limit=MEMORY_LIMIT, temp_directory=bench.folder) as db:
        db.execute(_TABLE_SENT)
        db.execute("CREATE TABLE reported (action_id VARCHAR)")
        db.execute("CREATE TABLE incoming (action_id VARCHAR)")
        for ids in bench.action_ids():
            db.register("ids", ids.to_frame("action_id").to_arrow())
            db.execute("INSERT INTO incoming FROM ids")
        db.register("same_source", pa.table({"import_no": pa.array(sorted(imports), pa.int64())}))
        db.register("offices", pa.table({"office": pa.array(sorted(bench.verdict.offices), pa.string())}))
        has_case, has_office = pl.col("case_no").is_not_null(), pl.col("office").is_not_null()
        db.register("named", refused.filter(has_case & has_office).to_arrow())
        db.register("named_anywhere", refused.filter(has_case & ~has_office).to_arrow())
        db.register("nameless", refused.filter(~has_case).to_arrow())
        for table in log:
            db.register("known", table)
            db.execute(_SENT, {"first": covers[0], "last": covers[1]})
            db.execute(
                "INSERT INTO reported SELECT state->>'$.action_id' FROM known WHERE topic = 'step-vanished'"
            )
        return [tuple(row) for row in db.execute(_VANISHED).fetchall()]


def _same_source(earlier: ImportRecorded, now: ImportRecorded) -> bool:
    """Whether two imports are exports of one source, so that the later should hold what the earlier held.

    What people corrected is theirs: the source still sends it as it was rejected.
    """
    read_as = (now.kind, now.source, now.mapping)
    return not earlier.resubmits and (earlier.kind, earlier.source, earlier.mapping) == read_as
