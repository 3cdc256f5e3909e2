/*
title = "账号换终端"
why   = "For each account and day with several terminals or blanks: how often it changed its terminal within the minutes allowed, and how often it may have where one is blank. At equal times the order is nobody's: the one with the fewest changes counts."
*/
with

-- What an account did in one instant: two terminals are two even then.
moments as (
    select
        s.office,
        s.account,
        d.on_date,
        s.occurred_at,
        min(s.terminal) as low,
        max(s.terminal) as high,
        list_distinct(array_agg(s.terminal) filter (where s.terminal is not null)) as terminals,
        coalesce(arg_min(s.position, s.terminal), min(s.position)) as low_position,
        coalesce(arg_max(s.position, s.terminal), max(s.position)) as high_position,
        count(*) > count(s.terminal) as has_blank,
        count(*) > greatest(count(s.terminal), 1) as has_blank_beside
    from core.steps as s
    inner join core.terminal_days as d
        on s.office = d.office and s.account = d.account and cast(s.occurred_at as date) = d.on_date
    where d.is_mixed and not s.is_robot and s.precision = 'time' and s.evidence = 'recorded'
    group by s.office, s.account, d.on_date, s.occurred_at
),

-- Each with the moment before it, and with the one before it that tells its terminal.
followed as (
    select
        *,
        lag(occurred_at) over day as before_at,
        lag(has_blank) over day as was_blank,
        lag(high) over known as known_high,
        lag(terminals) over known as known_terminals,
        lag(terminals, 2) over known as earlier_terminals,
        lag(occurred_at, 2) over known as earlier_at,
        lag(occurred_at) over known as known_at,
        lag(high_position) over known as known_position
    from moments
    window
        day as (partition by office, account, on_date order by occurred_at),
        known as (partition by office, account, on_date, low is null order by occurred_at)
),

changes as (
    select
        f.*,
        greatest(coalesce(len(f.terminals), 0) - 1, 0) as inner_switches,
        -- Who came from one of the two of an instant left it on the other.
        coalesce(
            epoch_us(occurred_at) - epoch_us(known_at) <= allowed.minutes * 60000000
            and (
                not list_has_any(f.terminals, known_terminals)
                or (
                    len(f.terminals) = 1 and len(known_terminals) = 2 and f.terminals = earlier_terminals
                    and epoch_us(known_at) - epoch_us(earlier_at) <= allowed.minutes * 60000000
                )
            ),
            false
        ) as is_change,
        coalesce(epoch_us(occurred_at) - epoch_us(before_at) <= allowed.minutes * 60000000, false)
        and (has_blank or coalesce(was_blank, false)) as is_open
    from followed as f
    cross join params.shared_account as allowed
)

select
    office,
    account,
    on_date,
    sum(inner_switches + cast(is_change as integer)) as switches,
    sum(cast(is_open as integer) + cast(has_blank_beside as integer)) as open_switches,
    min(occurred_at) filter (where inner_switches > 0 or is_change) as first_at,
    max(occurred_at) filter (where inner_switches > 0 or is_change) as last_at,
    flatten(array_agg(list_append(terminals, case when is_change then known_high end)) filter (where inner_switches > 0 or is_change))
        as terminals,
    flatten(
        array_agg([low_position, high_position, case when is_change then known_position end])
        filter (where inner_switches > 0 or is_change)
    ) as positions,
    flatten(array_agg([low_position, high_position]) filter (where is_open or has_blank_beside)) as open_positions
from changes
group by office, account, on_date
