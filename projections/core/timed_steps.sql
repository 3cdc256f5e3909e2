/*
title = "记录时刻的环节"
why   = "Steps of which an office in a month records the time of almost every row: there a date alone is an exception, not the way of the platform."
*/
select
    s.office,
    s.step,
    date_trunc('month', s.occurred_at) as month
from core.steps as s
cross join params.queue_jump as p
where s.step in ('accept', 'assign', 'pause', 'resume', 'review')
group by s.office, s.step, date_trunc('month', s.occurred_at), p.timed_percent
having
    100 * count(*) filter (where s.precision = 'time') >= p.timed_percent * count(*)
    and count(*) filter (where s.precision = 'date') > 0
