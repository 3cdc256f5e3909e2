/*
title = "本夜亮灯的台账"
why   = "Entries whose light became yellow, orange or red since the last night ($previous; null: there was none), by office and light."
*/
select
    office,
    light,
    list(entry order by entry) as entries
from results.ledger_entries
where
    (light = 'yellow' and coalesce(yellow_on > $previous, true))
    or (light = 'orange' and coalesce(orange_on > $previous, true))
    or (light = 'red' and coalesce(red_on > $previous, true))
group by office, light
order by office, list_position(['red', 'orange', 'yellow'], light)
