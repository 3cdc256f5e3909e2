/*
title = "送达的导出"
why   = "When each source delivered: by an import, or, after it had been missing, with files that are known."
*/
select
    position,
    source
from staging.imports
where source is not null

union all

select
    position,
    source
from staging.delivered_exports
