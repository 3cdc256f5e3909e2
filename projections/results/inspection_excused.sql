/*
title = "说明采纳的台账所涉的办件"
why   = "Cases of entries that were excused: inspected whatever is drawn. Of a batch all its cases, of a list of old findings those of its findings."
*/
with

excused as (
    select
        entry,
        office,
        case_no,
        batch_no
    from main.ledger_entries
    where state = 'excused'
)

select
    office,
    case_no
from excused
where case_no is not null

union

select
    c.office,
    c.case_no
from excused as e
inner join main.cases as c on e.office = c.office and e.batch_no = c.batch_no

union

select
    f.office,
    f.case_no
from excused as e
inner join main.ledger_findings as l on e.entry = l.entry
inner join main.findings as f on l.finding_id = f.finding_id
where f.case_no is not null
