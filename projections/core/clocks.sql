/*
title = "时钟"
why   = "The last round of each clock: the one that binds."
view = true
per_case = true
*/
select *
from core.clock_rounds
where is_last
