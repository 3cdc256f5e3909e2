"""Where an import's rows are told apart: new, repeated, known, altered. In columns, spilling to disk.

A DuckDB of the import's own, thrown away at its end. The log itself says what is known: the events
of the cases concerned are read back and compared.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from regaudit.eventlog.application import CanonicalJson
from regaudit.eventlog.growth import Row
from regaudit.sources.tables import ROW_NO
from regaudit.sources.vocabulary import IDENTITY_COLUMNS, STEP_COLUMNS

MEMORY_LIMIT = "320MB"
WORK_FOLDER = ".work"
_BATCH_ROWS = 20_000
_ADD_ROWS = 60_000
_TOPICS = {False: "step-recorded", True: "step-altered"}
_transcoder = CanonicalJson()


def _json_object(columns: Iterable[str]) -> str:
    """SQL for the canonical JSON of the columns that are not null."""
    members = (
        f"""CASE WHEN "{c}" IS NOT NULL THEN '"{c}":' || to_json("{c}") END""" for c in sorted(columns)
    )
    return f"'{{' || concat_ws(',', {', '.join(members)}) || '}}'"


def _identity() -> str:
    node = IDENTITY_COLUMNS.index("node") + 1
    parts = [f"coalesce({c}, '')" for c in IDENTITY_COLUMNS]
    parts.insert(node, "coalesce(account, operator, '')")
    return f"sha256(concat_ws(chr(31), {', '.join(parts)}))[:32]"


def _add_sql(columns: list[str]) -> str:
    """SQL that makes actions of a batch; columns that are blank throughout are not worth their time."""
    return f"""
    INSERT INTO incoming
    SELECT seq, row_no, part_no, stream, action_id, hash(action), action
    FROM (
        SELECT
            seq,
            {ROW_NO} AS row_no,
            part_no,
            'case:' || office || '/' || case_no AS stream,
            {_identity()} AS action_id,
            {_json_object(columns)} AS action
        FROM batch
    )"""


# A short hash finds what may be equal, the actions themselves decide: nearly all rows are told apart by it.
_JUDGE = """
CREATE TABLE fresh AS
WITH
repeated AS (SELECT digest FROM incoming GROUP BY digest HAVING count(*) > 1),
firsts AS (
    SELECT seq FROM incoming AS i ANTI JOIN repeated AS r ON i.digest = r.digest
    UNION ALL
    SELECT min(seq) FROM incoming AS i SEMI JOIN repeated AS r ON i.digest = r.digest GROUP BY action
)
SELECT i.seq, i.action_id IN (SELECT action_id FROM existing) AS is_altered
FROM incoming AS i
SEMI JOIN firsts AS f ON i.seq = f.seq
ANTI JOIN existing AS e ON i.digest = e.digest AND i.action = e.action
"""

_EVENTS = """
SELECT
    i.stream,
    coalesce(v.version, 0) AS version,
    f.is_altered,
    encode('{"action":' || i.action || ',"action_id":"' || i.action_id || '","import_no":' || $import_no
        || coalesce(',"part_no":' || i.part_no, '') || ',"row_no":' || i.row_no || '}') AS state
FROM incoming AS i
INNER JOIN fresh AS f ON i.seq = f.seq
LEFT JOIN (SELECT stream, max(version) AS version FROM existing GROUP BY stream) AS v ON i.stream = v.stream
ORDER BY i.stream, i.seq
"""


_SENT = """
INSERT INTO sent
SELECT office, case_no, action_id, position
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
GROUP BY ALL
ORDER BY position
"""


class Verdict(Struct, frozen=True):
    """What became of an import's canonical rows."""

    appended: int
    known: int
    altered: int
    offices: list[str]
    first_on: str | None
    last_on: str | None


class Workbench:
    """Takes canonical rows in batches, then says which are new and hands them over as stored events."""

    def __init__(self, home: Path) -> None:
        base = home / WORK_FOLDER
        base.mkdir(exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="import-", dir=base))
        self._waiting: list[pl.DataFrame] = []
        self._rows = 0
        self._offices: set[str] = set()
        self._days: set[str] = set()
        # In memory, spilling to files of its own: nothing here has to outlive the import.
        self._db = duckdb.connect()
        self._db.execute(f"SET temp_directory = '{str(self._folder).replace(chr(39), chr(39) * 2)}'")
        self._db.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        self._db.execute("SET enable_progress_bar = false")  # it would print into our output
        self._db.execute("SET autoinstall_known_extensions = false")
        self._db.execute("SET autoload_known_extensions = false")
        self._db.execute(
            "CREATE TABLE incoming (seq BIGINT, row_no BIGINT, part_no INTEGER, stream VARCHAR, "
            "action_id VARCHAR, digest UBIGINT, action VARCHAR)"
        )
        self._db.execute(
            "CREATE TABLE existing (stream VARCHAR, version BIGINT, action_id VARCHAR, digest UBIGINT, "
            "action VARCHAR)"
        )

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, batch: pl.DataFrame, part_no: int | None = None) -> None:
        """Take canonical rows: `ROW_NO` and all step columns as text, of one part of the export."""
        if not batch.height:
            return
        self._waiting.append(
            batch.with_columns(
                pl.int_range(self._rows, self._rows + batch.height).alias("seq"),
                pl.lit(part_no, pl.Int32).alias("part_no"),
            )
        )
        self._rows += batch.height
        self._offices.update(batch["office"].unique())
        on = batch["occurred_at"].str.slice(0, len("2026-03-02"))
        self._days |= {str(on.min()), str(on.max())}
        if sum(frame.height for frame in self._waiting) >= _ADD_ROWS:
            self._add_waiting()

    def _add_waiting(self) -> None:
        batch = pl.concat(self._waiting) if self._waiting else pl.DataFrame()
        self._waiting.clear()
        if batch.height:
            filled = [name for name in STEP_COLUMNS if batch[name].null_count() < batch.height]
            self._db.register("batch", batch.to_arrow())
            self._db.execute(_add_sql(filled))

    def streams(self) -> Iterator[str]:
        """The cases that the rows belong to, in order."""
        self._add_waiting()
        found = self._db.cursor().execute("SELECT DISTINCT stream FROM incoming ORDER BY stream")
        while rows := found.fetchmany(_BATCH_ROWS):
            yield from (stream for (stream,) in rows)

    def add_existing(self, events: Iterable[pa.Table]) -> None:
        """Take what the log already has of these cases, as tables of `EVENT_SCHEMA`."""
        for table in events:
            self._db.register("known", table)
            self._db.execute(
                "INSERT INTO existing SELECT * EXCLUDE (action), hash(action), action FROM (SELECT "
                "originator_id, originator_version, state->>'$.action_id', "
                "(state->'$.action')::VARCHAR AS action FROM known)"
            )

    def judge(self) -> Verdict:
        """Tell new rows from repeated, known and altered ones."""
        self._add_waiting()
        self._db.execute(_JUDGE)
        counts = self._db.execute(
            "SELECT count(*) FILTER (WHERE NOT is_altered), count(*) FILTER (WHERE is_altered) FROM fresh"
        ).fetchall()[0]
        return Verdict(
            appended=counts[0],
            altered=counts[1],
            known=self._rows - counts[0] - counts[1],
            offices=sorted(self._offices),
            first_on=min(self._days, default=None),
            last_on=max(self._days, default=None),
        )

    def vanished(
        self, log: Iterable[pa.Table], covers: tuple[str, str], imports: set[int]
    ) -> list[tuple[str, str, str, int]]:
        """What the log has of a period and this export lacks: office, case number, action id, position.

        Args:
            log: all events, as tables of `EVENT_SCHEMA`.
            covers: first and last day (ISO) that the export claims to hold every action of.
            imports: the imports from the same source; only their actions can be missed.
        """
        self._add_waiting()
        self._db.execute(
            "CREATE TABLE sent (office VARCHAR, case_no VARCHAR, action_id VARCHAR, position BIGINT)"
        )
        self._db.execute("CREATE TABLE reported (action_id VARCHAR)")
        self._db.register("same_source", pa.table({"import_no": pa.array(sorted(imports), pa.int64())}))
        self._db.register("offices", pa.table({"office": pa.array(sorted(self._offices), pa.string())}))
        for table in log:
            self._db.register("known", table)
            self._db.execute(_SENT, {"first": covers[0], "last": covers[1]})
            self._db.execute(
                "INSERT INTO reported SELECT state->>'$.action_id' FROM known WHERE topic = 'step-vanished'"
            )
        return [tuple(row) for row in self._db.execute(_VANISHED).fetchall()]

    def events(self, import_no: int) -> Iterator[list[Row]]:
        """The new and altered rows as stored events, in batches, case by case: so they lie in the index."""
        last, reached = "", 0
        for batch in self._db.sql(_EVENTS, params={"import_no": import_no}).to_arrow_reader(_BATCH_ROWS):
            streams, before, altered, states = (column.to_pylist() for column in batch.columns)
            if pc.any(pc.match_substring(batch.column("state"), "\\u00")).as_py():
                states = [_canonical(state) for state in states]
            rows: list[Row] = []
            for stream, version, is_altered, state in zip(streams, before, altered, states, strict=True):
                reached = reached + 1 if stream == last else version + 1
                last = stream
                rows.append((stream, reached, _TOPICS[is_altered], state))
            yield rows


def _canonical(state: bytes) -> bytes:
    r"""DuckDB writes the rare control character as \u001F, canonical JSON as \u001f."""
    return _transcoder.encode(_transcoder.decode(state))
