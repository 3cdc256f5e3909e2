/*
title = "问题因何而失"
why   = "For each lost finding what came since the night that had it and speaks of days which that night had judged: actions of its case, of the cases that its evidence is of, of its account or person; overtime of its day; rosters that say otherwise who acted. A first roster that only registers an account, or under whose person the same rule goes on, takes nothing away."
*/
with

lost as (
    select * from results.lost_findings
),

arrived as (
    select s.position, s.import_no, s.office, s.case_no, s.step, s.account, s.person_id, s.occurred_at
    from core.steps as s
    inner join (select any_value(judged_until) as until_at, any_value(judged_upto) as upto from lost) as night
        on s.position > night.upto and s.occurred_at <= night.until_at
),

evidence as (
    select l.finding_id, l.rule, s.office, s.case_no, cast(s.occurred_at as date) as on_date
    from (select finding_id, rule, unnest(evidence) as position from lost) as l
    inner join core.steps as s on l.position = s.position
),

rewrites as (
    select
        r.*,
        'account:' || r.account as person_without,
        e.position as entry_position,
        e.person_id as entry_person
    from core.roster_rewrites as r
    inner join core.roster_entries as e
        on r.brought_no = e.brought_no and r.account = e.account and r.roster_office is not distinct from e.office
),

through_rosters as (
    select l.finding_id, l.rule, r.entry_position as position, r.brought_no as import_no, r.is_first, r.entry_person
    from lost as l
    inner join rewrites as r
        on
            l.judged_upto < r.entry_position
            and (
                l.account = r.account
                or l.person_id in (r.person_before, r.person_after, r.person_without)
                or list_has_any(l.evidence, r.positions)
            )
)

select l.finding_id, a.position, a.import_no
from lost as l inner join arrived as a on l.office = a.office and l.case_no = a.case_no
union
select e.finding_id, a.position, a.import_no
from evidence as e inner join arrived as a on e.office = a.office and e.case_no = a.case_no
union
select e.finding_id, a.position, a.import_no
from evidence as e
inner join arrived as a on e.office = a.office and e.on_date = cast(a.occurred_at as date)
where e.rule = 'off-hours' and a.step = 'overtime'
union
select l.finding_id, a.position, a.import_no
from lost as l inner join arrived as a on l.office = a.office and l.account = a.account
union
select l.finding_id, a.position, a.import_no
from lost as l inner join arrived as a on l.person_id = a.person_id
union
select t.finding_id, t.position, t.import_no
from through_rosters as t
left join results.violations as v on t.rule = v.rule and t.entry_person = v.person_id
where not t.is_first or (t.rule <> 'unregistered-account' and v.finding_id is null)
