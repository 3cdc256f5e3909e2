"""Whether a file was imported before, so that importing it again could change nothing."""

from msgspec.structs import replace

from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import import_states
from regaudit.intake.quarantine.open_rows import open_counts
from regaudit.intake.results import ImportResult, result_of
from regaudit.sources.canonical.shapes import Export


def earlier_import(
    log: EventLog, file_name: str, read_as: tuple[str, str], export: Export, covers: tuple[str, str] | None
) -> ImportResult | None:
    """The earlier import of these very bytes, if importing them again could change nothing.

    A claim to cover a period that was not made before is something new, and so is a column that was not read
    before.

    Its quarantine is what is still open: corrected rows are known by now.

    Args:
        log: of the workspace.
        file_name: what the file is called this time.
        read_as: SHA-256 of its bytes, fingerprint of its mapping.
        covers: the period that the export is said to cover.
        export: its tables. Where one replaces the last, it changes nothing only while it is the last.
    """
    kind = export.kind
    of_kind = [(number, state) for number, state in import_states(log).items() if state.kind == kind.name]
    same = [
        (number, state)
        for number, state in of_kind
        if (state.file_sha256, state.mapping_sha256) == read_as
        and covers in (None, (state.covers_from, state.covers_to))
        and set(export.added) <= set(state.added)
    ]
    if kind.is_whole:
        same = [found for found in of_kind[-1:] if found in same]
    if not same:
        return None
    number, state = same[0]
    counts = open_counts(log)
    still_open = counts.get(number, 0)
    # Which of its rows waited elsewhere is not kept: at most as many as are open there still do.
    elsewhere = sum(rows for earlier, rows in counts.items() if earlier < number)
    waiting = min(state.waiting, elsewhere)
    settled = state.settled + state.waiting - waiting
    return replace(
        result_of(state),
        file=file_name,
        import_no=number,
        appended=0,
        known=state.rows_read - still_open - settled - waiting - state.skipped,
        altered=0,
        quarantined=still_open,
        quarantine_file=state.quarantine_file if still_open else "",
        settled=settled,
        waiting=waiting,
        resubmitted=0,
        was_known_file=True,
    )
