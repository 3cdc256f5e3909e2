/*
title = "抽查办件的经手人"
why   = "Whoever did anything on cases ($offices and $case_nos, one of each a case), as natural persons: none of them may inspect them."
*/
with

wanted as (
    select
        unnest($offices) as office,
        unnest($case_nos) as case_no
)

select distinct
    s.office,
    s.case_no,
    s.person_id,
    coalesce(s.person_name, s.operator) as person_name
from main.steps as s
inner join wanted as w on s.office = w.office and s.case_no = w.case_no
where s.person_id is not null
order by all
