/*
title = "批次的各部分"
why   = "Which cases of a batch are one unit of work: those that one person or robot accepted within a few consecutive working days and before the first review of any of them; what was accepted after one is of another part. Beside a case whose acceptor is not known it is not known what belongs together."
per_key = ["batch_no", "office"]

[key_of]
"core.batch_members" = ["batch_no", "office"]
"core.batch_spans" = ["batch_no", "office"]
*/
with

members as (
    select
        m.*,
        s.begun_on
    from core.batch_members as m
    left join core.batch_spans as s on m.office = s.office and m.batch_no = s.batch_no and m.case_no = s.case_no
),

events as (
    select office, limit_class, batch_no, acceptor_id, begun_on, accepted_at as happens_at, 1 as is_acceptance, case_no, started_at
    from members
    where begun_on is not null

    union all

    select office, limit_class, batch_no, acceptor_id, begun_on, started_at as happens_at, 0 as is_acceptance, case_no, started_at
    from members
    where begun_on is not null and started_at is not null
),

-- Of reviews begun before the acceptance, its own is none.
counted as (
    select
        *,
        count(*) filter (where is_acceptance = 0) over (
            partition by office, limit_class, batch_no, acceptor_id, begun_on
            order by happens_at, is_acceptance
            rows between unbounded preceding and current row
        ) - cast(coalesce(started_at <= happens_at, false) as integer) as reviews_before
    from events
),

days as (
    select
        office, limit_class, batch_no, ordinal,
        count(*) as members,
        count(*) filter (where acceptor_id is null) as blanks
    from members
    group by office, limit_class, batch_no, ordinal
),

near as (
    select
        a.office, a.limit_class, a.batch_no, a.ordinal,
        sum(b.members) as members,
        sum(b.blanks) as blanks
    from days as a
    cross join params.queue_jump as p
    inner join days as b
        on
            a.office = b.office
            and a.limit_class = b.limit_class
            and a.batch_no = b.batch_no
            and abs(a.ordinal - b.ordinal) < p.batch_days
    group by all
)

select
    m.office,
    m.case_no,
    m.limit_class,
    m.batch_no,
    coalesce(m.acceptor_id || '/' || m.begun_on, 'case:' || m.case_no) as span,
    c.reviews_before as part_no,
    m.is_placed,
    cast(m.accepted_at as date) as accepted_on,
    case when m.acceptor_id is null then n.members > 1 else n.blanks > 0 end as is_doubtful
from members as m
left join counted as c on m.office = c.office and m.case_no = c.case_no and c.is_acceptance = 1
inner join near as n
    on
        m.office = n.office
        and m.limit_class = n.limit_class
        and m.batch_no = n.batch_no
        and m.ordinal = n.ordinal
