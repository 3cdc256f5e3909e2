/*
title = "到期时办件在谁手中"
why   = "In whose hands the case of a finding lay when its limit ended, where its rule asks for it: whom the last assignment names, if he takes what it gives; else who went on with the case after that day, since it waited for him; else who had it last and is not known to have handed it on. No robot, and nobody where the actor is blank."
*/
with

late as (
    select
        f.finding_id,
        c.office,
        c.case_no,
        least(c.due_on, c.statutory_due_on) as limit_on
    from results.violation_roles as r
    inner join results.published_findings as f on r.finding_id = f.finding_id
    inner join core.cases as c on f.office = c.office and f.case_no = c.case_no
    where list_contains(r.shows, 'holder')
),

moves as (
    select
        late.finding_id,
        s.office,
        s.step = 'assign' as is_given,
        cast(s.occurred_at as date) > late.limit_on as is_after,
        struct_pack(at := s.occurred_at, number := s.position) as moment,
        struct_pack(is_given := s.step = 'assign', person_id := s.person_id, person_name := s.person_name) as act
    from late
    inner join results.finding_steps as s on late.office = s.office and late.case_no = s.case_no
    where
        s.evidence = 'recorded'
        and s.step in ('accept', 'assign', 'review', 'book', 'certify', 'issue', 'return', 'refuse', 'pause', 'resume')
),

hands as (
    select
        finding_id,
        any_value(office) as office,
        arg_max(act, moment) filter (where not is_after) as latest,
        coalesce(
            arg_min(act, moment) filter (where is_after and not is_given),
            arg_max(act, moment) filter (where not is_after and not is_given)
        ) as worked
    from moves
    group by finding_id
),

holders as (
    select
        h.finding_id,
        case when h.latest.is_given and t.office is not null then h.latest else h.worked end as act
    from hands as h
    left join core.queue_takers as t on h.office = t.office and h.latest.person_id = t.assigner_id
)

select
    finding_id,
    act.person_id as person_id,
    act.person_name as person_name
from holders
where act.person_id is not null
