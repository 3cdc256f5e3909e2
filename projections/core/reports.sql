/*
title = "报告"
why   = "Every report and zero return that was made up to the run, with its corrections and signatures."
*/
select
    position,
    period,
    office,
    kind,
    if(kind = 'monthly', version - 1, null) as correction,
    nullif(declared, '') as declared,
    nullif(reason, '') as reason,
    made_at,
    nullif(made_by, '') as made_by,
    nullif(person_id, '') as person_id,
    nullif(role, '') as role,
    run_no,
    log_position,
    checkpoint,
    json_sha256,
    xlsx_sha256,
    pdf_sha256
from staging.reports
