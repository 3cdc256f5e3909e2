/*
rule     = "missing-step"
version  = 1
title    = "环节缺失"
severity = "critical"
subject  = "case"
basis    = ["威海方案 任务对照表17", "不动产登记暂行条例第二十一条"]
summary  = "业务 {case_no}{kind}{faults}(最早在{occurred_at:moment})"
why      = "A case booked without an approving review was examined by nobody; a certificate without a booking attests a right that the register does not have."
not_this = "A review or booking with another result than approval is none. Unknown, not guilty: a case without an acceptance row, whose beginning lies before the data; and one whose only review was made up at export (steps.evidence)."
per_case = true

[params]
*/
with

acts as (
    select
        *,
        step in ('certify', 'issue', 'file') as is_later
    from core.steps
    where step = 'accept' or (step in ('review', 'book', 'certify', 'issue', 'file') and result = 'approve')
),

per_case as (
    select
        office,
        case_no,
        count(*) filter (where step = 'accept') as accepts,
        count(*) filter (where step = 'review' and evidence = 'recorded') as reviews,
        count(*) filter (where step = 'review' and evidence <> 'recorded') as made_up_reviews,
        count(*) filter (where step = 'book') as books,
        count(*) filter (where is_later) as laters,
        list_sort(array_agg(position)) as evidence
    from acts
    group by office, case_no
    having count(*) filter (where step = 'book' or is_later) > 0
),

faults as (
    select
        *,
        books > 0 and reviews = 0 as is_unreviewed,
        laters > 0 and books = 0 as is_unbooked
    from per_case
),

-- The steps that lack the one before them.
baseless as (
    select
        a.office,
        a.case_no,
        min(struct_pack(at := a.occurred_at, number := a.position, precision := a.precision)) as first,
        concat_ws(
            '、',
            max(v.title) filter (where a.step = 'certify'),
            max(v.title) filter (where a.step = 'issue'),
            max(v.title) filter (where a.step = 'file')
        ) as laters
    from acts as a
    inner join faults as f on a.office = f.office and a.case_no = f.case_no
    left join reference.vocabulary as v on v.column_name = 'step' and a.step = v.value
    where (a.step = 'book' and f.is_unreviewed) or (a.is_later and f.is_unbooked)
    group by a.office, a.case_no
)

select
    f.office,
    f.case_no,
    coalesce('(' || c.registration_title || ')', ' ') as kind,
    case when f.is_unreviewed then '已登簿,但没有任何同意的审核' else '已' || b.laters || ',但没有登簿' end as faults,
    b.first.at as occurred_at,
    b.first.precision as precision,
    f.evidence,
    case
        when not f.is_unreviewed and not f.is_unbooked then false
        when f.accepts = 0 then null
        when f.is_unreviewed and f.made_up_reviews > 0 then null
        else true
    end as is_violation
from faults as f
inner join core.cases as c on f.office = c.office and f.case_no = c.case_no
left join baseless as b on f.office = b.office and f.case_no = b.case_no
