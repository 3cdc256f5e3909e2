/*
title = "账号换终端"
why   = "For each account and day with several terminals or blanks: how often it changed its terminal within the minutes allowed, and how often it may have where one is blank. At equal times the order is nobody's: the one with the fewest changes counts."
*/
with

followed as (
    select
        *,
        lag(last.possible) over day as before_possible,
        lag(last.position) over day as before_position
    from core.terminal_blocks
    window day as (partition by office, account, on_date order by block_no)
),

changes as (
    select
        office,
        account,
        on_date,
        struct_pack(
            at := began_at,
            switches := cast(1 as bigint),
            terminals := [before_possible[1], terminals[1]],
            positions := [before_position, position]
        ) as change
    from followed
    where is_near and not list_has_any(terminals, before_possible)

    union all

    select
        office,
        account,
        on_date,
        unnest(last.changes) as change
    from followed
),

counted as (
    select
        office,
        account,
        on_date,
        cast(sum(change.switches) as bigint) as switches,
        min(change.at) as first_at,
        max(change.at) as last_at,
        flatten(array_agg(change.terminals)) as terminals,
        flatten(array_agg(change.positions)) as positions
    from changes
    group by office, account, on_date
),

opened as (
    select
        office,
        account,
        on_date,
        cast(sum(cast(is_open as integer) + cast(has_blank_beside as integer)) as bigint) as open_switches,
        flatten(array_agg([low_position, high_position]) filter (where is_open or has_blank_beside)) as open_positions
    from core.terminal_moments
    group by office, account, on_date
)

select
    o.office,
    o.account,
    o.on_date,
    coalesce(c.switches, 0) as switches,
    o.open_switches,
    c.first_at,
    c.last_at,
    c.terminals,
    c.positions,
    o.open_positions
from opened as o
left join counted as c on o.office = c.office and o.account = c.account and o.on_date = c.on_date
