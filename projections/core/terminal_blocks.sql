/*
title = "账号的时段"
why   = "Runs of moments of an account in which one hangs on the other: on which terminals the fewest changes may have left it, and the changes within. A moment of one terminal, or one that is not near, begins a new one: what was before counts no more."
*/
with

blocks as (
    select
        *,
        cast(sum(case when len(terminals) = 1 or not is_near then 1 else 0 end) over (
            partition by office, account, on_date order by occurred_at
            rows between unbounded preceding and current row
        ) as bigint) as block_no
    from core.terminal_moments
    where terminals is not null
)

-- One moment after the other. possible are the terminals on which the fewest changes may have left the
-- account: who came to one of the two of a moment left it on the other.
select
    office,
    account,
    on_date,
    block_no,
    min(occurred_at) as began_at,
    arg_min(is_near, occurred_at) as is_near,
    arg_min(terminals, occurred_at) as terminals,
    arg_min(high_position, occurred_at) as position,
    list_reduce(
        list_sort(
            array_agg(
                struct_pack(
                    at := occurred_at,
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
                    ][1:len(terminals) - 1]
                )
            )
        ),
        lambda before, this: struct_pack(
            at := this.at,
            terminals := this.terminals,
            possible := case
                when len(list_intersect(this.terminals, before.possible)) = 1
                    then list_filter(this.terminals, lambda terminal: not list_contains(before.possible, terminal))
                else this.terminals
            end,
            position := this.position,
            changes := before.changes || this.changes || case
                when list_has_any(this.terminals, before.possible) then []
                else [
                    struct_pack(
                        at := this.at,
                        switches := cast(1 as bigint),
                        terminals := [before.possible[1], this.terminals[1]],
                        positions := [before.position, this.position]
                    )
                ]
            end
        )
    ) as last
from blocks
group by office, account, on_date, block_no
