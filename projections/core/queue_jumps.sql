/*
title = "插队单元"
why   = "Units that overtook at least min_overtaken units that are not stalled, and whether a reason was on record in time. Beyond critical_overtaken they are not counted further, but for those that were away in between."
*/
with

jumps as (
    select
        overtaker_id,
        count(*) as overtaken
    from core.overtakes
    group by overtaker_id
),

reasons as (
    select
        office,
        case_no,
        precision,
        occurred_at
    from core.notes
    where has_reason
),

members as (
    select
        u.unit_id,
        u.office,
        u.started_at,
        unnest(u.case_nos) as case_no
    from core.queue_units as u
    inner join jumps on u.unit_id = jumps.overtaker_id
),

explained as (
    select distinct m.unit_id
    from members as m
    inner join reasons as r on m.office = r.office and m.case_no = r.case_no
    where
        r.occurred_at <= m.started_at
        or (r.precision = 'date' and r.occurred_at <= cast(m.started_at as date))
)

select
    jumps.overtaker_id as unit_id,
    jumps.overtaken,
    explained.unit_id is not null as is_explained
from jumps
cross join params.queue_jump as p
left join explained on jumps.overtaker_id = explained.unit_id
where jumps.overtaken >= p.min_overtaken
