/*
title = "每晚的灯,连同本夜"
why   = "Every nightly run with its light and its reasons: those in the log, and tonight's ($night, null where a check is no night), whose event is not appended yet."
*/
select
    j.night, j.run_no, j.as_of, j.judged_at as ran_at, j.light, j.because, w.run_no is not null as is_withdrawn
from staging.judged_nights as j
left join staging.withdrawn_runs as w on j.run_no = w.run_no
union all
select
    cast($night as date), cast($run_no as integer), cast($as_of as timestamp), cast($judged_at as timestamp),
    cast($light as varchar),
    -- As staging writes it: the log's own text leaves out what is false.
    cast(to_json(from_json(
        $because,
        '[
            {
                "code": "VARCHAR", "light": "VARCHAR", "text": "VARCHAR", "count": "BIGINT", "office": "VARCHAR",
                "is_earlier": "BOOLEAN"
            }
        ]'
    )) as varchar),
    false
where $night is not null
