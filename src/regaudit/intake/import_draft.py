"""An import's own event before any of its rows is counted."""

from regaudit.base.archive import ArchivedFile
from regaudit.catalogue.event_types import ImportRecorded, Part, ResubmittedRows
from regaudit.intake.results import Origin
from regaudit.sources.canonical.shapes import Export
from regaudit.sources.canonical.unread import standing_name


def import_draft(
    import_no: int,
    file: ArchivedFile,
    export: Export,
    origin: Origin,
    *,
    mapping_sha256: str,
    archive: str,
    back: list[ResubmittedRows] | None,
) -> ImportRecorded:
    """What is known of an import beforehand.

    Args:
        import_no: of this import.
        file: the export in the archive.
        export: its rows of one kind.
        origin: where it comes from.
        mapping_sha256: the mapping in the archive.
        archive: which archive that is; empty where there is only one.
        back: rows of earlier quarantine that come back; None for any other export. These cover no period, and
            what their file lacks says nothing.
    """
    members = {member.name: member.sha256 for member in file.members}
    covers = (origin.covers if back is None else None) or ("", "")
    return ImportRecorded(
        "imports",
        import_no,
        kind=export.kind.name,
        file_name=file.path.name,
        file_sha256=file.sha256,
        file_bytes=file.size,
        archive=archive,
        mapping=export.mapping_name,
        mapping_sha256=mapping_sha256,
        strip_name_suffix=export.mapping.strip_name_suffix,
        parts=[
            Part(
                name=part.name,
                title=part.table.title,
                columns=part.columns,
                table=standing_name(export.mapping, part.table.title),
                file_sha256=members[part.member] if part.member else "",
            )
            for part in export.parts
        ],
        ignored=export.ignored,
        declared=export.declared,
        absent=export.absent,
        added=export.added,
        source=origin.source,
        watermark=origin.watermark,
        delivers=origin.delivers,
        backfill=origin.backfill,
        covers_from=covers[0],
        covers_to=covers[1],
        resubmits=back or [],
        rows_read=0,
        appended=0,
        known=0,
        altered=0,
        quarantined=0,
        quarantine_file="",
        offices=[],
        first_on=None,
        last_on=None,
        imported_at="",
    )
