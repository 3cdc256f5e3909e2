/*
title = "导入记录"
why   = "Every import with its counts."
*/
select
    import_no,
    kind,
    file_name,
    file_sha256,
    file_bytes,
    mapping,
    rows_read,
    appended,
    known,
    altered,
    quarantined,
    quarantine_file,
    offices,
    first_on,
    last_on,
    imported_at,
    position
from staging.imports
