/*
title = "数据源的数据到何日"
why   = "Up to which day the step exports of each source with a rhythm reach: the night of its last import that lacks nothing, or the end of what that claims to cover. An import belongs to the first counting night that computed on it."
*/
with

nights as (
    select
        night,
        log_position
    from core.runs
    where kind = 'nightly' and not is_withdrawn
),

whole as (
    select
        i.source,
        max_by(i.position, i.position) as position,
        max_by(i.covers_to, i.position) as covers_to
    from core.imports as i
    where
        i.kind = 'steps'
        and i.source in (select source from reference.sources)
        and i.import_no not in (select import_no from staging.unread_tables)
    group by i.source
)

select
    w.source,
    coalesce(w.covers_to, min(n.night), any_value(run.as_of_on)) as data_until
from whole as w
cross join reference.run as run
left join nights as n on w.position <= n.log_position and n.night <= run.as_of_on
group by w.source, w.covers_to
