/*
title = "账号"
why   = "The entries of the latest roster that brought any, and the accounts in use that it does not hold: with what the last roster that did said of them, or as unregistered. Each with what was done through it."
*/
with

entries as (
    select * from core.roster_entries where is_latest
),

uses as (
    select * from core.account_uses
),

dropped as (
    select
        terms.account,
        terms.office,
        terms.person_id,
        terms.person_name,
        terms.org_kind,
        terms.post,
        terms.section,
        nullif(min(terms.from_on), date '0001-01-01') as valid_from,
        max(terms.to_on) as valid_to
    from core.roster_terms as terms
    semi join uses on terms.account = uses.account and terms.office is not distinct from uses.roster_office
    anti join entries on terms.account = entries.account and terms.office is not distinct from entries.office
    group by all
),

registered as (
    select account, office, person_id, person_name, org_kind, post, section, valid_from, valid_to, true as is_current from entries
    union all
    select account, office, person_id, person_name, org_kind, post, section, valid_from, valid_to, false from dropped
),

counted as (
    select
        r.*,
        cast(coalesce(sum(u.acts), 0) as bigint) as acts,
        min(u.first_at) as first_used_at,
        max(u.last_at) as last_used_at
    from registered as r
    left join uses as u
        on
            r.account = u.account
            and r.office is not distinct from u.roster_office
            and r.person_id is not distinct from u.person_id
            and u.is_in_force
            and coalesce(r.valid_from <= u.used_on, true)
            and coalesce(r.valid_to >= u.used_on, true)
    group by all
),

unregistered as (
    select
        account,
        office,
        cast(sum(acts) as bigint) as acts,
        min(first_at) as first_used_at,
        max(last_at) as last_used_at
    from uses
    where not is_registered
    group by account, office
)

select
    account, office, person_id, person_name, org_kind, post, section, valid_from, valid_to, is_current,
    acts, first_used_at, last_used_at, true as is_registered
from counted
union all
select
    account, office, null, null, null, null, null, null, null, false,
    acts, first_used_at, last_used_at, false
from unregistered
