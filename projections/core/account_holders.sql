/*
title = "账号使用人"
why   = "Who holds an account on a day: the roster entry in force, of the same office if there is one. Two holders are ambiguous: nobody."
per_key = ["office", "account", "used_on"]

[key_of]
"staging.steps" = ["office", "account", "cast(occurred_at as date)"]
*/
with

uses as (
    select distinct
        office,
        account,
        cast(occurred_at as date) as used_on
    from staging.steps
    where account is not null
),

in_force as (
    select
        uses.office,
        uses.account,
        uses.used_on,
        accounts.person_id,
        accounts.person_name,
        accounts.org_kind,
        coalesce(accounts.office = uses.office, false) as is_own_office
    from uses
    inner join core.accounts as accounts
        on
            uses.account = accounts.account
            and (accounts.valid_from is null or accounts.valid_from <= uses.used_on)
            and (accounts.valid_to is null or accounts.valid_to >= uses.used_on)
),

preferred as (
    select
        *,
        max(cast(is_own_office as integer)) over (partition by office, account, used_on) as has_own_office
    from in_force
)

select
    office,
    account,
    used_on,
    bool_or(org_kind = 'robot') as is_robot,
    min(org_kind) as org_kind,
    case when count(distinct person_id) = 1 then min(person_id) end as person_id,
    case when count(distinct person_id) = 1 then min(person_name) end as person_name
from preferred
where cast(is_own_office as integer) = has_own_office
group by office, account, used_on
