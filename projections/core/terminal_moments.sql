/*
title = "账号的时刻"
why   = "Each instant of an account on a day with several terminals or blanks: its terminals, and whether it follows at once on the one before, or on the one before that tells a terminal."
*/
with

-- What an account did in one instant: two terminals are two even then.
moments as (
    select
        s.office,
        s.account,
        d.on_date,
        s.occurred_at,
        list_sort(list_distinct(array_agg(s.terminal) filter (where s.terminal is not null))) as terminals,
        -- Of several acts at one terminal the one logged last stands for it.
        coalesce(
            arg_min(s.position, struct_pack(at := s.terminal, number := -s.position)) filter (where s.terminal is not null),
            min(s.position)
        ) as low_position,
        coalesce(
            arg_max(s.position, struct_pack(at := s.terminal, number := s.position)) filter (where s.terminal is not null),
            max(s.position)
        ) as high_position,
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
        lag(occurred_at) over known as known_at
    from moments
    window
        day as (partition by office, account, on_date order by occurred_at),
        known as (partition by office, account, on_date, terminals is null order by occurred_at)
)

select
    f.office,
    f.account,
    f.on_date,
    f.occurred_at,
    f.terminals,
    f.low_position,
    f.high_position,
    f.has_blank_beside,
    coalesce(epoch_us(f.occurred_at) - epoch_us(f.known_at) <= allowed.minutes * 60000000, false) as is_near,
    coalesce(epoch_us(f.occurred_at) - epoch_us(f.before_at) <= allowed.minutes * 60000000, false)
    and (f.has_blank or coalesce(f.was_blank, false)) as is_open
from followed as f
cross join params.shared_account as allowed
