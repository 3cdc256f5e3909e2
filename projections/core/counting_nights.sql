/*
title = "计数的夜晚"
why   = "The nights that count, in order: of each date the last nightly run that was not withdrawn, with the log position up to which it read."
*/
with

runs as (
    select
        *,
        row_number() over (partition by night order by run_no desc) as rank_no
    from core.runs
    where kind = 'nightly' and not is_withdrawn
)

select
    cast(row_number() over (order by night) as integer) as night_no,
    night,
    run_no,
    as_of,
    log_position
from runs
where rank_no = 1
