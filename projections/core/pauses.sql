/*
title = "暂停"
why   = "From a pause row to the next resume of the case, or still open. A resume of the pause's own moment ends it, unless it may have ended another instead. Then the pause goes on, for the clock; earliest_resumed_at is when it ended at the earliest."
per_case = true
*/
with recursive

-- Of as many resumes of its moment one is left for the pause when each other pause of that moment has had one.
tied as (
    select
        p.position,
        p.office,
        p.case_no,
        p.occurred_at,
        any_value(p.tied) - count(q.position) as spare
    from core.pause_ends as p
    left join core.pause_ends as q
        on
            p.office = q.office
            and p.case_no = q.case_no
            and p.position <> q.position
            and p.until_at >= q.occurred_at
            and p.occurred_at <= q.until_at
            and p.until_at >= q.earliest_at
            and not q.is_after_finish
    where p.tied > 0
    group by p.position, p.office, p.case_no, p.occurred_at
),

-- Earlier pauses that wait for a resume as well, a single one for all: for certain, or only if the one that a
-- resume of its own moment may have ended goes on.
earlier as (
    select
        p.position,
        case when q.tied_until < p.occurred_at then q.position end as through
    from tied as p
    inner join core.pause_ends as q on p.office = q.office and p.case_no = q.case_no and p.occurred_at > q.until_at
    where p.spare = 1 and not q.is_after_finish and coalesce(q.proven_until >= p.occurred_at, true)
),

going as (
    select position from tied
    where spare < 1

    union

    select position from earlier
    where through is null

    union

    select e.position
    from going as g
    inner join earlier as e on g.position = e.through
)

select
    p.position,
    p.office,
    p.case_no,
    coalesce(p.pause_kind, 'other') as pause_kind,
    p.pause_kind is not null as is_kind_known,
    coalesce(kinds.is_lawful, false) as is_lawful,
    kinds.max_days,
    kinds.basis as limit_basis,
    p.reason,
    p.precision,
    p.occurred_at as paused_at,
    case when p.tied > 0 and g.position is null then p.earliest_at else p.proven_at end as resumed_at,
    case when p.tied > 0 and g.position is null then p.tied_until else p.proven_until end as resumed_until,
    p.earliest_at as earliest_resumed_at,
    p.is_after_finish
from core.pause_ends as p
left join going as g on p.position = g.position
left join reference.pause_kinds as kinds on p.pause_kind = kinds.pause_kind
