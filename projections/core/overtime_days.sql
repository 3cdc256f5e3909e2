/*
title = "延时服务日"
why   = "Days on which an office recorded overtime."
per_key = ["on_date", "office"]

[key_of]
"staging.steps" = ["cast(occurred_at as date)", "office"]
*/
select distinct
    office,
    cast(occurred_at as date) as on_date
from core.steps
where step = 'overtime'
