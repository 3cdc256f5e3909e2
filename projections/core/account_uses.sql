/*
title = "账号使用日"
why   = "Each day on which an account acted, with the roster entries in force on it: those of the office where it acted, else those of others. Two rows where two entries hold; a row without a holder where none does."
per_key = ["used_on", "account", "office"]

[key_of]
"staging.steps" = "select cast(s.occurred_at as date), coalesce(w.shown, s.account), s.office from changed as s left join staging.login_writings as w on s.office = w.office and s.account = w.account"
"core.actions" = ["cast(occurred_at as date)", "account", "office"]
*/
with

uses as (
    select
        office,
        account,
        cast(occurred_at as date) as used_on,
        count(*) as acts,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from core.actions
    where account is not null
    group by office, account, cast(occurred_at as date)
),

-- Per account and office that a roster ever named: a null office is every office.
held as (
    select distinct account from core.roster_entries
),

own as (
    select distinct
        account,
        office
    from core.roster_entries
    where office is not null
),

in_force as (
    select
        uses.*,
        terms.account is not null as is_in_force,
        terms.office as roster_office,
        terms.person_id,
        terms.person_name,
        terms.org_kind,
        coalesce(terms.office = uses.office, false) as is_own_office
    from uses
    left join core.roster_terms as terms
        on
            uses.account = terms.account
            and uses.used_on >= terms.from_on
            and (terms.to_on is null or uses.used_on <= terms.to_on)
),

preferred as (
    select
        *,
        max(cast(is_own_office as integer)) over (partition by office, account, used_on) as has_own_office
    from in_force
)

select
    p.office,
    p.account,
    p.used_on,
    p.acts,
    p.first_at,
    p.last_at,
    p.is_in_force,
    p.roster_office,
    p.person_id,
    p.person_name,
    p.org_kind,
    held.account is not null as is_registered,
    -- The office has an entry of its own, though none in force: a namesake of another office may hold it.
    p.is_in_force and p.roster_office <> p.office and own.account is not null as is_elsewhere
from preferred as p
left join held on p.account = held.account
left join own on p.account = own.account and p.office = own.office
where cast(p.is_own_office as integer) = p.has_own_office
