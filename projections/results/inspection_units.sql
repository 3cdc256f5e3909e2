/*
title = "抽查的业务单位"
why   = "Units of work that were closed in a span of time ($from, $until, the latter not included) at an office ($office; empty: all): a case, or what was closed then of a batch as one. Its class of limits is the one that most of its cases have, of equal ones the first."
*/
with

closed as (
    select
        office,
        coalesce('batch:' || batch_no, case_no) as unit,
        batch_no,
        case_no,
        coalesce(limit_class, '-') as limit_class,
        subtype,
        matter
    from main.cases
    where closed_at >= $from and closed_at < $until and ($office = '' or office = $office)
),

classes as (
    select
        office,
        unit,
        limit_class,
        row_number() over (partition by office, unit order by count(*) desc, limit_class) as rank_no
    from closed
    group by office, unit, limit_class
)

select
    c.office,
    c.unit,
    max(c.batch_no) as batch_no,
    max(k.limit_class) as limit_class,
    list(c.case_no order by c.case_no) as case_nos,
    list(distinct c.subtype order by c.subtype) filter (where c.subtype is not null) as subtypes,
    list(distinct c.matter order by c.matter) filter (where c.matter is not null) as matters
from closed as c
inner join classes as k on c.office = k.office and c.unit = k.unit and k.rank_no = 1
group by c.office, c.unit
order by c.office, c.unit
