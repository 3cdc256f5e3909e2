/*
title = "名册对已查操作的改写"
why   = "Each day on which an account had acted, and a counting night had judged it, before a roster came that speaks of that day otherwise than the rosters before it, or is the first that knows the account: who the person was and is, of which kind of office, and whether the account was and is in force."
*/
with

changes as (
    select
        c.account,
        c.office,
        c.brought_no,
        c.is_first,
        i.run_no,
        i.night,
        i.log_position
    from core.roster_changes as c
    inner join core.import_nights as i on c.brought_no = i.import_no
    where i.night_no > 0
),

acts as (
    select
        c.brought_no,
        c.is_first,
        c.run_no,
        c.office as roster_office,
        a.office,
        a.account,
        cast(a.occurred_at as date) as used_on,
        min(a.position) as first_position,
        array_agg(a.position) as positions,
        max(a.occurred_at) as occurred_at
    from changes as c
    inner join core.actions as a on c.account = a.account and coalesce(c.office = a.office, true)
    where a.position <= c.log_position and cast(a.occurred_at as date) <= c.night
    group by c.brought_no, c.is_first, c.run_no, c.office, a.office, a.account, cast(a.occurred_at as date)
),

holders as (
    select
        acts.brought_no,
        acts.account,
        acts.roster_office,
        acts.used_on,
        t.reading - 2 * acts.brought_no as side,
        case when count(distinct t.person_id) = 1 and count(t.person_id) = count(*) then min(t.person_id) end as person_id,
        case when count(distinct t.org_kind) = 1 and count(t.org_kind) = count(*) then min(t.org_kind) end as org_kind
    from acts
    inner join core.reading_terms as t
        on
            acts.account = t.account
            and acts.roster_office is not distinct from t.office
            and acts.used_on >= t.from_on
            and coalesce(acts.used_on <= t.to_on, true)
            and t.reading in (2 * acts.brought_no, 2 * acts.brought_no + 1)
    group by acts.brought_no, acts.account, acts.roster_office, acts.used_on, t.reading
)

select
    acts.*,
    was.person_id as person_before,
    now.person_id as person_after,
    was.org_kind as kind_before,
    now.org_kind as kind_after,
    was.account is not null as was_in_force,
    now.account is not null as is_in_force
from acts
left join holders as was
    on acts.brought_no = was.brought_no and acts.account = was.account and was.side = 0
    and acts.roster_office is not distinct from was.roster_office and acts.used_on = was.used_on
left join holders as now
    on acts.brought_no = now.brought_no and acts.account = now.account and now.side = 1
    and acts.roster_office is not distinct from now.roster_office and acts.used_on = now.used_on
where
    acts.is_first
    or was.person_id is distinct from now.person_id
    or was.org_kind is distinct from now.org_kind
    or (was.account is null) <> (now.account is null)
