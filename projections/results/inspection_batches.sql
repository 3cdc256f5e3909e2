/*
title = "抽查批次中的办件"
why   = "The cases of batches ($offices and $batch_nos, one of each a batch) that were closed in a span of time ($from, $until, the latter not included): one unit of the inspection each."
*/
with

wanted as (
    select
        unnest($offices) as office,
        unnest($batch_nos) as batch_no
)

select
    c.office,
    c.batch_no,
    list(c.case_no order by c.case_no) as case_nos
from main.cases as c
inner join wanted as w on c.office = w.office and c.batch_no = w.batch_no
where c.closed_at >= $from and c.closed_at < $until
group by c.office, c.batch_no
order by c.office, c.batch_no
