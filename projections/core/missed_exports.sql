/*
title = "缺失的导出"
why   = "Nights by which a source's export was due and not there."
*/
select
    position,
    source,
    nullif(office, '') as office,
    night,
    nullif(due, '') as due
from staging.missed_exports
