/*
title = "账号换终端"
why   = "For each account and day: how often it changed its terminal within the minutes allowed, and how often it may have where a terminal is blank. At equal times the order is nobody's: the one with the fewest changes counts."
*/
with

allowed as (
    select minutes * 60000000 as most from params.shared_account
),

-- What an account did in one instant: two terminals are two even then.
moments as (
    select
        office,
        account,
        cast(occurred_at as date) as on_date,
        occurred_at,
        min(terminal) as low,
        max(terminal) as high,
        coalesce(arg_min(position, terminal), min(position)) as low_position,
        coalesce(arg_max(position, terminal), max(position)) as high_position,
        count(*) > count(terminal) as has_blank,
        count(*) > greatest(count(terminal), 1) as has_blank_beside
    from core.steps
    where account is not null and not is_robot and precision = 'time' and evidence = 'recorded'
    group by office, account, occurred_at
),

-- Each with the moment before it, and with the one before it that tells its terminal.
followed as (
    select
        *,
        lag(occurred_at) over day as before_at,
        lag(has_blank) over day as was_blank,
        lag(low) over known as known_low,
        lag(high) over known as known_high,
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
        coalesce(low <> high, false) as is_double,
        coalesce(
            epoch_us(occurred_at) - epoch_us(known_at) <= allowed.most
            and low not in (known_low, known_high)
            and high not in (known_low, known_high),
            false
        ) as is_change,
        coalesce(epoch_us(occurred_at) - epoch_us(before_at) <= allowed.most, false)
        and (has_blank or coalesce(was_blank, false)) as is_open
    from followed as f
    cross join allowed
)

select
    office,
    account,
    on_date,
    count(low) as known_moments,
    sum(cast(is_double as integer) + cast(is_change as integer)) as switches,
    sum(cast(is_open as integer) + cast(has_blank_beside as integer)) as open_switches,
    min(occurred_at) filter (where is_double or is_change) as first_at,
    max(occurred_at) filter (where is_double or is_change) as last_at,
    flatten(array_agg([low, high, case when is_change then known_high end]) filter (where is_double or is_change))
        as terminals,
    flatten(
        array_agg([low_position, high_position, case when is_change then known_position end])
        filter (where is_double or is_change)
    ) as positions,
    flatten(array_agg([low_position, high_position]) filter (where is_open or has_blank_beside)) as open_positions
from changes
group by office, account, on_date
