/*
title = "问题所涉的步骤"
why   = "The steps that findings are told by, looked up once for all who tell of them: those of a finding's case, and whatever row is evidence or an act."
*/
with

cases as (
    select distinct
        office,
        case_no
    from results.published_findings
    where case_no is not null
),

wanted as (
    select s.position
    from core.steps as s
    semi join cases on s.case_no = cases.case_no and s.office = cases.office

    union

    select unnest(evidence) as position from results.published_findings

    union

    select unnest(act_positions) as position from results.violation_roles
)

select
    s.office,
    s.case_no,
    s.position,
    s.step,
    s.occurred_at,
    s.person_id,
    s.person_name,
    s.evidence
from core.steps as s
semi join wanted on s.position = wanted.position
