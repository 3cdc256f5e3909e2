/*
title = "报告:哪次导入带来的"
why   = "Imports behind a log position ($position) that brought rows, or other versions of rows, of cases which were accepted or closed between two days ($first, $last), or open at the end: by office and class of limit."
*/
with

brought as (
    select office, case_no, import_no from main.steps
    where position > $position
    union
    select office, case_no, import_no from main.altered_steps
    where position > $position
)

select
    b.office,
    coalesce(c.limit_class, '') as limit_class,
    list(distinct b.import_no order by b.import_no) as imports
from brought as b
inner join main.cases as c on b.office = c.office and b.case_no = c.case_no
where
    cast(c.accepted_at as date) between $first and $last
    or cast(c.closed_at as date) between $first and $last
    or (cast(c.accepted_at as date) <= $last and (c.closed_at is null or cast(c.closed_at as date) > $last))
group by b.office, coalesce(c.limit_class, '')
order by b.office, limit_class
