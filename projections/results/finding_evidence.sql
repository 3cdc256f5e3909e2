/*
title = "证据的作用"
why   = "What each row is to its finding: what the rule says in a column of that name, else what its head says of the rest; where its head asks for them, the row that closed the case and what was put on record about its timing. Of findings that are not found any more the ledger keeps the evidence alone: context."
*/
with

roles as (
    select * from results.violation_roles
),

findings as (
    select
        finding_id,
        office,
        case_no,
        evidence
    from results.published_findings
),

listed as (
    select finding_id, 'act' as role, 1 as rank_no, unnest(act_positions) as position from roles
    union all
    select finding_id, 'late' as role, 2 as rank_no, unnest(late_positions) as position from roles
    union all
    select finding_id, 'overtaken' as role, 3 as rank_no, unnest(overtaken_positions) as position from roles
    union all
    select finding_id, 'closing' as role, 4 as rank_no, unnest(closing_positions) as position from roles
    union all
    select finding_id, 'reason' as role, 5 as rank_no, unnest(reason_positions) as position from roles
    union all
    select finding_id, 'roster' as role, 6 as rank_no, unnest(roster_positions) as position from roles
    union all
    select finding_id, 'context' as role, 7 as rank_no, unnest(context_positions) as position from roles
),

closings as (
    select
        f.finding_id,
        max(s.position) as position
    from roles as r
    inner join findings as f on r.finding_id = f.finding_id
    inner join core.cases as c on f.office = c.office and f.case_no = c.case_no
    inner join results.finding_steps as s
        on c.office = s.office and c.case_no = s.case_no and c.close_kind = s.step and c.closed_at = s.occurred_at
    where list_contains(r.shows, 'closing')
    group by f.finding_id
),

reasons as (
    select
        f.finding_id,
        s.position
    from roles as r
    inner join findings as f on r.finding_id = f.finding_id
    inner join results.finding_steps as s on f.office = s.office and f.case_no = s.case_no
    where list_contains(r.shows, 'reasons') and s.step in ('expedite', 'explain')
),

told as (
    select * from listed
    union all
    select finding_id, 'closing' as role, 4 as rank_no, position from closings
    union all
    select finding_id, 'reason' as role, 5 as rank_no, position from reasons
    union all
    select f.finding_id, coalesce(r.evidence_role, 'context') as role, 8 as rank_no, unnest(f.evidence) as position
    from findings as f
    left join roles as r on f.finding_id = r.finding_id
)

select
    finding_id,
    position,
    arg_min(role, rank_no) as role
from told
where position is not null
group by finding_id, position
