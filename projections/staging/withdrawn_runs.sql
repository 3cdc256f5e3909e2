/*
title = "撤销的夜间运行(日志原样)"
why   = "Unpacks night-withdrawn events: the runs that count no more in the ledger."
*/
with

unpacked as (
    select
        position,
        from_json(state, '{"run_nos": ["INTEGER"]}') as event
    from log.pending
    where topic = 'night-withdrawn'
)

select
    position,
    unnest(event.run_nos) as run_no
from unpacked
