"""What a preview tells."""

from typing import Any

from msgspec import Struct

from regaudit.catalogue import event_types


class Count(Struct, frozen=True):
    """A value of the export, and in how many canonical rows it stands."""

    value: str
    rows: int


class ReasonCount(Struct, frozen=True):
    """Why rows would be quarantined, and how many; `column` is canonical."""

    column: str
    reason: str
    rows: int


class BadRow(Struct, frozen=True):
    """One reason against one row."""

    table: str
    row_no: int
    column: str
    value: str
    reason: str


class ReadTable(Struct, frozen=True, kw_only=True):
    """A table that is read, and which of its columns became what.

    `header_row` is as a spreadsheet counts, 0 where records have no header, null where there is no row;
    `continues` is the sheet before where that has the header.
    `columns` has the export's columns by canonical one: the first that is not blank counts, or they are
    joined. `fills` has the key columns of what other rows give, `actions` the steps that one row stands for.
    """

    name: str
    header_row: int | None
    rows: int
    continues: str
    columns: dict[str, list[str]]
    constants: dict[str, str]
    fills: dict[str, list[str]]
    actions: list[dict[str, Any]]
    unused: list[str]


class ReadExport(Struct, frozen=True, kw_only=True):
    """All tables of one kind; counts are of the whole export.

    `unmapped` has by canonical column the values that stay as they are; `dates` and `times` are how many
    actions have which precision, and `future` how many lie ahead. `left_out` has the skipped rows by the rule
    that leaves them out. `absent` are columns that the mapping names and the tables lack. `unread` is what
    would be missing from the import, `footers` how many rows below the data are none. `alike` tells of
    numbers that differ from others only in leading zeros or letter case (Chinese). `offsets` has how many
    times have which offset, `moved` how many of them the clocks of the workspace's zone showed otherwise;
    `are_offsets` is what the mapping says of them: `kept`, `ignored`, or nothing.
    """

    kind: str
    mapping: str
    mapping_title: str
    tables: list[ReadTable]
    absent: list[str]
    rows: int
    actions: int
    skipped: int
    left_out: list[Count]
    future: int
    unmapped: dict[str, list[Count]]
    dates: int
    times: int
    first_at: str | None
    last_at: str | None
    quarantined: int
    settled: int
    waiting: int
    reasons: list[ReasonCount]
    quarantine: list[BadRow]
    sample: list[dict[str, str]]
    unread: list[event_types.UnreadTable]
    footers: int
    alike: list[str]
    offsets: list[Count]
    moved: int
    are_offsets: str


class Candidate(Struct, frozen=True):
    """A column of the export that may be a canonical one; `score` is from 0 to 1."""

    column: str
    score: float


class UnreadTable(Struct, frozen=True):
    """A table of an export that was not recognised: its columns, and candidates by canonical column."""

    name: str
    columns: list[str]
    candidates: dict[str, list[Candidate]]
    sample: list[dict[str, str]]


class Preview(Struct, frozen=True, kw_only=True):
    """What an import would make of an export.

    `problem` says why nothing would be imported: not recognised, or no data rows. `draft` is a mapping as
    TOML: the one in force, or what can be guessed; empty where nothing can.
    """

    file: str
    format: str
    zone: str
    recognised: bool
    resubmits: int
    exports: list[ReadExport]
    ignored: list[str]
    problem: str
    unread: list[UnreadTable]
    draft: str

    @property
    def undecided(self) -> list[ReadExport]:
        """What has offsets that are not the zone's, and nobody has said whether to believe them."""
        return [export for export in self.exports if export.moved and not export.are_offsets]

    @property
    def quarantined(self) -> int:
        """How many rows would be quarantined."""
        return sum(export.quarantined for export in self.exports)

    @property
    def exit_status(self) -> int:
        """The exit status: 1 nothing would be imported or offsets are undecided, 3 not all would be, or 0."""
        if self.problem or self.undecided:
            return 1
        incomplete = any(e.quarantined or e.waiting or e.unread or e.absent for e in self.exports)
        return 3 if incomplete else 0
