"""Where an import's rows are told apart: new, repeated, known, altered. In columns, stream by stream.

The rows are brought into the order of their streams (of a step log: cases), on disk, and so is what the log
has of these. Then both are gone through side by side: all that can equal a row belongs to its stream and
stands on the same page.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow as pa
from msgspec import Struct

from regaudit.base.duck import connect
from regaudit.base.folders import Folders
from regaudit.catalogue.kinds import OFFICE, ExportKind
from regaudit.eventlog.batches import NEW_SCHEMA
from regaudit.intake.identity import ESCAPES, ID_LENGTH, NEEDS_ESCAPE, hashed
from regaudit.intake.sorted_rows import STREAM, SortedRuns
from regaudit.sources.tables import ROW_NO

_SEPARATOR = "\x1f"
# A state in canonical JSON is its head, which tells what the row says, and its tail, which tells where it
# stood.
# No text within can look like the mark between them: its quotation marks are escaped.
_HEAD, _TAIL = "head", "tail"
_MARK = ',"import_no":'


class Verdict(Struct):
    """What became of an import's canonical rows; final once all of its events are read."""

    appended: int = 0
    known: int = 0
    altered: int = 0
    offices: set[str] = set()
    days: set[str] = set()


class Workbench:
    """Takes canonical rows in batches, then hands over those that are new as stored events."""

    def __init__(self, home: Path, import_no: int, kind: ExportKind) -> None:
        """`kind` is one whose rows accumulate."""
        base = Folders(home).work
        base.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="import-", dir=base))
        self.rows = 0
        self.verdict = Verdict()
        self.kind = kind
        self._import_no = import_no
        self._incoming = SortedRuns(self.folder, "incoming")
        self._existing = SortedRuns(self.folder, "existing")
        self._db = connect()

    def __enter__(self) -> "Workbench":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, batch: pl.DataFrame, part_no: int | None = None) -> None:
        """Take canonical rows: `ROW_NO` and all of the kind's columns as text, of one part of the export."""
        if not batch.height:
            return
        self.rows += batch.height
        kind = self.kind
        if OFFICE in kind.columns:
            self.verdict.offices.update(batch[OFFICE].drop_nulls().unique())
        if kind.day:
            ends = (batch[kind.day].min(), batch[kind.day].max())
            self.verdict.days |= {str(end)[: len("2026-03-02")] for end in ends if end is not None}
        part = "" if part_no is None else f',"part_no":{part_no}'
        self._incoming.add(
            batch.select(
                _streams(kind).alias(STREAM),
                _heads(batch, kind, self._row_ids(batch)).alias(_HEAD),
                pl.concat_str(
                    pl.lit(f'{_MARK}{self._import_no}{part},"row_no":'),
                    pl.col(ROW_NO).cast(pl.String),
                    pl.lit("}"),
                ).alias(_TAIL),
            )
        )

    def _row_ids(self, batch: pl.DataFrame) -> pl.Series:
        parts = (pl.coalesce(names) if names[1:] else pl.col(names) for names in self.kind.identity_parts)
        identity = pl.concat_str([part.fill_null("") for part in parts], separator=_SEPARATOR)
        return hashed(batch.select(identity=identity).to_series(), self._db)

    def streams(self) -> Iterator[str]:
        """The streams that the rows belong to; one may come several times."""
        for streams in self._incoming.column(STREAM):
            yield from streams.unique(maintain_order=True)

    def row_ids(self) -> Iterator[pl.Series]:
        """The identities of the rows, one of each row."""
        for heads in self._incoming.column(_HEAD):
            yield heads.str.slice(-ID_LENGTH - 1, ID_LENGTH)

    def add_existing(self, events: Iterable[pa.Table]) -> None:
        """Take what the log already has of these streams, as tables of `EVENT_SCHEMA`."""
        for table in events:
            stored = pl.DataFrame(pl.from_arrow(table)).filter(pl.col("topic").is_in(self.kind.topics))
            head = pl.col("state").str.splitn(_MARK, 2).struct.field("field_0")
            self._existing.add(
                stored.select(
                    pl.col("originator_id").alias(STREAM),
                    pl.col("originator_version").alias("version"),
                    head.alias(_HEAD),
                )
            )

    def events(self) -> Iterator[pa.Table]:
        """The new and altered rows as events of `NEW_SCHEMA`, by streams: so they lie in the index."""
        cuts = self._incoming.cuts()
        for page, stored in zip(self._incoming.pages(cuts), self._existing.pages(cuts), strict=True):
            if page is None:
                continue
            fresh = page.filter(pl.col(_HEAD).is_first_distinct())
            fresh = (
                fresh.with_columns(before=0, is_altered=False) if stored is None else _beside(fresh, stored)
            )
            altered = int(fresh["is_altered"].sum())
            self.verdict.altered += altered
            self.verdict.appended += fresh.height - altered
            self.verdict.known += page.height - fresh.height
            yield _numbered(fresh, self.kind)


def _streams(kind: ExportKind) -> pl.Expr:
    pieces = [[pl.lit(text), *([pl.col(name)] if name else [])] for text, name in kind.stream_parts]
    return pl.concat_str(piece for some in pieces for piece in some)


def _heads(batch: pl.DataFrame, kind: ExportKind, row_ids: pl.Series) -> pl.Expr:
    """The heads of rows: canonical JSON of the columns, members in order of their names, and the identity.

    What stands between two cells that are never blank is one piece: each piece costs every row something.
    """
    always = kind.subject[0]
    names = [name for name in sorted(kind.columns) if batch[name].null_count() < batch.height]
    special = batch.select(pl.col(names).str.contains(NEEDS_ESCAPE).any())
    pieces: list[pl.Expr] = []
    between = f'{{"{kind.content}":{{'
    for name in names:
        value = pl.col(name).str.replace_many(ESCAPES) if special[name].item() else pl.col(name)
        # Every row has what makes its stream: members before that bring the comma that follows them, those
        # behind it what ends the member before.
        begin, end = f'"{name}":"', '",'
        if name > always:
            begin = '",' + begin
        if name >= always:
            end = ""
        if batch[name].null_count():
            # Null where the cell is, and then left out.
            ends = [pl.lit(end)] if end else []
            pieces += [pl.lit(between), pl.concat_str(pl.lit(begin), value, *ends)]
            between = ""
        else:
            pieces += [pl.lit(between + begin), value]
            between = end
    pieces += [pl.lit(f'{between}"}},"{kind.id}":"'), pl.lit(row_ids), pl.lit('"')]
    return pl.concat_str(pieces, ignore_nulls=True)


def _beside(fresh: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows that the log lacks, with the last version of their stream and `is_altered`."""
    row_id = pl.col(_HEAD).str.slice(-ID_LENGTH - 1)
    last = stored.group_by(STREAM).agg(pl.col("version").max().alias("before"))
    return (
        fresh.join(stored, on=_HEAD, how="anti", maintain_order="left")
        .join(last, on=STREAM, how="left", maintain_order="left")
        .with_columns(
            pl.col("before").fill_null(0),
            is_altered=row_id.is_in(stored.select(row_id).to_series().implode()),
        )
    )


def _numbered(fresh: pl.DataFrame, kind: ExportKind) -> pa.Table:
    """Rows in order of their streams as events of `NEW_SCHEMA`, numbered on from the version `before`."""
    events = fresh.select(
        STREAM,
        pl.col("before") + pl.int_range(1, pl.len() + 1).over(STREAM),
        pl.when("is_altered").then(pl.lit(kind.altered)).otherwise(pl.lit(kind.recorded)),
        pl.concat_str(_HEAD, _TAIL),
    )
    return events.to_arrow().rename_columns(NEW_SCHEMA.names).cast(NEW_SCHEMA)
