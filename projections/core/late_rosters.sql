/*
title = "事后改名册"
why   = "For each roster and person: whom it made somebody else for actions that a counting night had judged, and how grave that is by what that night had found of the person or through these actions. The first roster that knows an account tells who it was, and rewrites nobody."
*/
with

rewrites as (
    select
        *,
        coalesce(person_after, person_before) as person_id
    from core.roster_rewrites
    where not is_first and person_before is distinct from person_after and coalesce(person_after, person_before) is not null
),

acts as (
    select person_id, brought_no, run_no, unnest(positions) as position
    from rewrites
),

touched as (
    select
        f.position as finding_position,
        f.severity,
        f.person_id,
        f.from_run,
        f.until_run,
        unnest(f.evidence) as position
    from core.finding_spans as f
    where f.rule <> 'late-entry'
),

found as (
    select r.person_id, r.brought_no, f.position as finding_position, f.severity
    from rewrites as r
    inner join core.finding_spans as f
        on
            f.person_id in (r.person_before, r.person_after)
            and r.run_no >= f.from_run
            and coalesce(r.run_no < f.until_run, true)
    where f.rule <> 'late-entry'

    union

    select a.person_id, a.brought_no, t.finding_position, t.severity
    from acts as a
    inner join touched as t
        on a.position = t.position and a.run_no >= t.from_run and coalesce(a.run_no < t.until_run, true)
),

graded as (
    select
        person_id,
        brought_no,
        bool_or(severity = 'critical') as is_critical,
        array_agg(distinct finding_position) as finding_positions
    from found
    group by person_id, brought_no
),

entries as (
    select person_id, brought_no, array_agg(position) as positions
    from core.roster_entries
    group by person_id, brought_no
)

select
    r.person_id,
    r.brought_no,
    list_sort(array_agg(distinct r.account)) as accounts,
    cast(sum(len(r.positions)) as bigint) as acts,
    min(r.used_on) as first_on,
    max(r.used_on) as last_on,
    max(r.occurred_at) as occurred_at,
    list_distinct(list_concat(any_value(e.positions), any_value(g.finding_positions), array_agg(r.first_position)))
        as evidence,
    case when bool_or(g.is_critical) then 'critical' when count(g.person_id) > 0 then 'major' else 'minor' end as severity
from rewrites as r
left join graded as g on r.person_id = g.person_id and r.brought_no = g.brought_no
left join entries as e on r.person_id = e.person_id and r.brought_no = e.brought_no
group by r.person_id, r.brought_no
