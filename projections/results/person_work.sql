/*
title = "各人在各机构办理的"
why   = "What each person did at each office, and of how many findings that stand he is answerable there: to hold one against the others of his office, never without the acts that they are of. Robots, and reviews made up at export, left out."
*/
with

acts as (
    select
        office,
        person_id,
        count(*) as acts,
        count(*) filter (where step = 'accept') as accepts,
        count(*) filter (where step = 'review') as reviews,
        count(*) filter (where step = 'book') as books
    from main.steps
    where person_id is not null and evidence = 'recorded' and not is_robot
    group by office, person_id
),

answered as (
    select
        f.office,
        p.person_id,
        count(distinct f.finding_id) as findings
    from main.finding_persons as p
    inner join main.findings as f on p.finding_id = f.finding_id
    where p.is_answerable and f.state <> 'gone'
    group by f.office, p.person_id
)

select
    a.office,
    a.person_id,
    a.acts,
    a.accepts,
    a.reviews,
    a.books,
    coalesce(f.findings, 0) as findings
from acts as a
left join answered as f on a.office = f.office and a.person_id = f.person_id
order by a.office, a.person_id
