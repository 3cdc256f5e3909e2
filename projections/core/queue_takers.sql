/*
title = "承办的受派人"
why   = "Who takes what an assign row gives and does not hand it out: whose own reviews are most of those given to them."
*/
select
    office,
    assigner_id
from core.queue_arrivals
where assigner_id is not null and reviewer_id is not null
group by office, assigner_id
having 2 * count(*) filter (where assigner_id = reviewer_id) > count(*)
