/*
title = "送达到何时"
why   = "For each office, source and counting night (0 is before the first) the latest moment from which rows had come in the imports between that night and the next. A row dated after its own import tells of no such moment."
*/
select
    s.office,
    i.source,
    i.night_no,
    max(s.occurred_at) as reached_at
from staging.steps as s
inner join core.import_nights as i on s.import_no = i.import_no
where not s.is_altered and not s.is_extended and s.occurred_at <= i.imported_at
group by s.office, i.source, i.night_no
