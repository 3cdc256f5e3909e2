/*
title = "延时服务日"
why   = "Days on which an office recorded overtime."
per_key = ["office", "on_date"]

[key_of]
"staging.steps" = ["office", "cast(occurred_at as date)"]
*/
select distinct
    office,
    cast(occurred_at as date) as on_date
from core.steps
where step = 'overtime'
