/*
title = "自然人"
why   = "Every natural person that a roster names or an action tells of: accounts in force on the as-of day, and what was done by that person through any of them."
*/
with

run as (
    select as_of_on from reference.run
),

rostered as (
    select
        t.person_id,
        t.person_name,
        t.office,
        t.org_kind,
        case when t.from_on <= run.as_of_on and coalesce(t.to_on >= run.as_of_on, true) then t.account end as account
    from core.roster_terms as t
    cross join run
    where t.person_id is not null and t.org_kind is distinct from 'robot'
),

acted as (
    select
        person_id,
        person_name,
        office,
        org_kind,
        count(*) as acts,
        count(*) filter (where step = 'accept') as accepts,
        count(*) filter (where step = 'review') as reviews,
        count(*) filter (where step = 'book') as books,
        count(*) filter (where step not in ('accept', 'review', 'book')) as others,
        min(occurred_at) as first_act_at,
        max(occurred_at) as last_act_at
    from core.steps
    where person_id is not null
    group by person_id, person_name, office, org_kind
),

together as (
    select
        person_id, person_name, office, org_kind, account,
        null as acts, null as accepts, null as reviews, null as books, null as others,
        null as first_act_at, null as last_act_at, true as is_rostered
    from rostered
    union all
    select
        person_id, person_name, office, org_kind, null,
        acts, accepts, reviews, books, others, first_act_at, last_act_at, false
    from acted
)

select
    person_id,
    coalesce(max(person_name) filter (where is_rostered), max(person_name)) as person_name,
    coalesce(list_sort(array_agg(distinct office) filter (where office is not null)), []) as offices,
    coalesce(list_sort(array_agg(distinct account) filter (where account is not null)), []) as accounts,
    coalesce(list_sort(array_agg(distinct org_kind) filter (where org_kind is not null)), []) as org_kinds,
    bool_or(is_rostered) as is_registered,
    cast(coalesce(sum(acts), 0) as bigint) as acts,
    cast(coalesce(sum(accepts), 0) as bigint) as accepts,
    cast(coalesce(sum(reviews), 0) as bigint) as reviews,
    cast(coalesce(sum(books), 0) as bigint) as books,
    cast(coalesce(sum(others), 0) as bigint) as others,
    min(first_act_at) as first_act_at,
    max(last_act_at) as last_act_at
from together
group by person_id
