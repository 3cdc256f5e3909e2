/*
title = "台账的事件(日志原样)"
why   = "The events of the ledger's entries as they lie in the log: an entry is folded from all of its events together."
*/
select
    position,
    originator_id,
    originator_version,
    topic,
    state
from log.pending
where topic in ('entry-opened', 'entry-noted', 'entry-stepped', 'entry-documented')
