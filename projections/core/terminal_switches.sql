/*
title = "账号换终端"
why   = "For each account and day with several terminals or blanks: how often it changed its terminal within the minutes allowed, and how often it may have where one is blank. At equal times the order is nobody's: the one with the fewest changes counts."
*/
with

days as (
    select
        office,
        account,
        on_date,
        sum(cast(is_open as integer) + cast(has_blank_beside as integer)) as open_switches,
        flatten(array_agg([low_position, high_position]) filter (where is_open or has_blank_beside)) as open_positions,
        list_sort(
            array_agg(
                struct_pack(
                    at := occurred_at,
                    is_near := is_near,
                    terminals := terminals,
                    possible := terminals,
                    position := high_position,
                    changes := [
                        struct_pack(
                            at := occurred_at,
                            switches := len(terminals) - 1,
                            terminals := terminals,
                            positions := [low_position, high_position]
                        )
                    ][:len(terminals) - 1]
                )
            ) filter (where terminals is not null)
        ) as moments
    from core.terminal_moments
    group by office, account, on_date
),

-- One moment after the other. possible are the terminals on which the fewest changes may have left the account:
-- who came to one of the two of a moment left it on the other.
counted as (
    select
        *,
        list_reduce(
            moments,
            lambda before, this: struct_pack(
                at := this.at,
                is_near := this.is_near,
                terminals := this.terminals,
                possible := case
                    when this.is_near and len(this.terminals) > 1 and len(list_intersect(this.terminals, before.possible)) = 1
                        then list_filter(this.terminals, lambda terminal: not list_contains(before.possible, terminal))
                    else this.terminals
                end,
                position := this.position,
                changes := before.changes || case
                    when this.is_near and not list_has_any(this.terminals, before.possible)
                        then [
                            struct_pack(
                                at := this.at,
                                switches := cast(1 as bigint),
                                terminals := [before.possible[1], this.terminals[1]],
                                positions := [before.position, this.position]
                            )
                        ]
                    else []
                end || this.changes
            )
        ).changes as changes
    from days
    where moments is not null
)

select
    d.office,
    d.account,
    d.on_date,
    coalesce(list_sum(list_transform(c.changes, lambda change: change.switches)), 0) as switches,
    d.open_switches,
    c.changes[1].at as first_at,
    c.changes[-1].at as last_at,
    flatten(list_transform(c.changes, lambda change: change.terminals)) as terminals,
    flatten(list_transform(c.changes, lambda change: change.positions)) as positions,
    d.open_positions
from days as d
left join counted as c on d.office = c.office and d.account = c.account and d.on_date = c.on_date
