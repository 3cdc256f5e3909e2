/*
title = "报告:缺失的导出"
why   = "Exports that were due and not there on the nights between two days ($first, $last), by source and office (empty: of no single one)."
*/
select
    source,
    coalesce(office, '') as office,
    list(distinct night order by night) as nights
from main.missed_exports
where night between $first and $last
group by source, coalesce(office, '')
order by source, office
