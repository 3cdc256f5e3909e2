/*
title = "因补来的数据而消失的问题"
why   = "Findings that this run has no more, or whose due day is another, through rows of days that the last counting night of an earlier date had judged, or through a roster that rewrites who acted then: which import brought them last, how many, and what late-entry says of them."
*/
with

causes as (
    select
        c.finding_id,
        c.position,
        c.import_no,
        coalesce(i.backfill, '') as backfill,
        coalesce(r.verdict, case when i.kind = 'roster' then 'roster' else 'near' end) as verdict
    from results.lost_causes as c
    inner join core.import_nights as i on c.import_no = i.import_no
    left join core.late_rows as r on c.position = r.position
),

per_finding as (
    select
        finding_id,
        max(import_no) as import_no,
        count(*) as rows,
        list_sort(array_agg(position)) as positions,
        list_sort(array_agg(distinct verdict)) as verdicts,
        array_to_string(list_sort(array_agg(distinct backfill) filter (where backfill <> '')), '；') as backfill
    from causes
    group by finding_id
)

select
    l.finding_id,
    l.rule,
    l.severity,
    l.office,
    l.case_no,
    l.account,
    l.person_id,
    l.how,
    l.due_before,
    l.due_after,
    p.import_no,
    p.rows,
    p.positions,
    p.verdicts,
    nullif(p.backfill, '') as backfill
from results.lost_findings as l
inner join per_finding as p on l.finding_id = p.finding_id
