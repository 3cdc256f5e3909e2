/*
title = "名册的变动"
why   = "Where a roster says something else of an account than the one before that knew it, or is the first that knows it at all."
*/
with

said as (
    select
        account,
        office,
        brought_no,
        list_sort(array_agg(distinct {
            'person_id': person_id, 'org_kind': org_kind, 'valid_from': valid_from, 'valid_to': valid_to
        })) as entries
    from core.roster_entries
    group by account, office, brought_no
),

compared as (
    select
        account,
        office,
        brought_no,
        entries,
        lag(entries) over (partition by account, office order by brought_no) as entries_before,
        min(brought_no) over (partition by account) as first_no
    from said
)

select
    account,
    office,
    brought_no,
    brought_no = first_no as is_first
from compared
where brought_no = first_no or entries is distinct from entries_before
