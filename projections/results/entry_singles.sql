/*
title = "本夜挂账的事项"
why   = "Findings that open entries of their own tonight, those of one rule and one unit of work together, with what they are opened on; and those that are part of a matter that is open already, or that opens tonight ($history_days, $before, $is_first as in entry_histories)."
*/
with

opening as (
    select
        n.*,
        coalesce(c.batch_no, '') as batch_no,
        r.version as rule_version,
        r.part_of,
        coalesce(h.finding_id is not null, false) as is_history
    from results.entry_news as n
    inner join results.entry_rules as r on n.rule = r.rule
    left join core.cases as c on n.office = c.office and n.case_no = c.case_no
    left join results.entry_olds as h on n.finding_id = h.finding_id
    where n.decision <> 'note'
),

-- One matter under two rules: the entry, or the finding of tonight, of the other.
pairs as (
    select rule, unnest(part_of) as partner, true as is_part from results.entry_rules
    union all
    select unnest(part_of) as rule, rule as partner, false as is_part from results.entry_rules
),

known as (
    select
        o.finding_id,
        arg_max(e, e.seq) as partner
    from opening as o
    inner join pairs as p on o.rule = p.rule
    inner join results.entry_findings as e
        on p.partner = e.rule and o.office = e.office and o.case_no = e.case_no and e.kind <> 'history'
    where e.state <> 'voided' and o.decision = 'open'
    group by o.finding_id
),

beside as (
    select
        o.finding_id,
        min(b.finding_id) as main_finding
    from opening as o
    inner join pairs as p on o.rule = p.rule and p.is_part
    inner join opening as b on p.partner = b.rule and o.office = b.office and o.case_no = b.case_no and not b.is_history
    where o.decision = 'open'
    group by o.finding_id
)

select
    o.finding_id,
    o.rule,
    o.rule_version,
    o.rule_title as title,
    o.severity,
    o.office,
    o.case_no,
    o.batch_no,
    o.account,
    o.person_id,
    o.source,
    o.occurred_at,
    o.due_on,
    o.summary,
    o.basis,
    case when o.decision = 'recur' then o.entry else '' end as recurs_of,
    case
        when o.decision = 'follow' then o.entry
        when k.partner.is_final then k.partner.entry
        else ''
    end as follows,
    if(k.partner.is_final, null, k.partner.entry) as part_of_entry,
    if(k.partner.entry is null, b.main_finding, null) as part_of_finding,
    concat_ws(chr(31), o.rule, o.office, if(o.batch_no <> '', o.batch_no, o.finding_id), o.decision, o.entry) as matter
from opening as o
left join known as k on o.finding_id = k.finding_id
left join beside as b on o.finding_id = b.finding_id
where not o.is_history
order by o.office, o.rule, o.case_no, o.finding_id
