/*
title = "设置变更,连同本夜"
why   = "Every change of what decides that a night saw: those in the log, and tonight's ($changes, as JSON), whose event is not appended yet."
*/
with

tonight as (
    select unnest(from_json($changes, '[{"what": "VARCHAR", "old": "VARCHAR", "new": "VARCHAR"}]')) as change
)

select
    c.night, c.run_no, c.what, c.old, c.new, c.seen_at, w.run_no is not null as is_withdrawn
from staging.setting_changes as c
left join staging.withdrawn_runs as w on c.run_no = w.run_no
union all
select
    cast($night as date), cast($run_no as integer), t.change.what, t.change.old, t.change.new,
    cast($seen_at as timestamp), false
from tonight as t
