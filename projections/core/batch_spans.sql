/*
title = "批次的时段"
why   = "The few consecutive working days in which each case of a batch was accepted, told by their first day; each acceptor's begin with the first case. Of an acceptor who is not known there are none."
per_key = ["batch_no", "office"]

[key_of]
"core.batch_members" = ["batch_no", "office"]
*/
with recursive

members as (
    select * from core.batch_members
    where acceptor_id is not null
),

days as (
    select distinct
        office,
        limit_class,
        batch_no,
        acceptor_id,
        ordinal
    from members
),

-- The day that begins the next few, if this one began some.
following as (
    select
        a.office,
        a.limit_class,
        a.batch_no,
        a.acceptor_id,
        a.ordinal,
        min(b.ordinal) as next_ordinal
    from days as a
    cross join params.queue_jump as p
    inner join days as b
        on
            a.office = b.office
            and a.limit_class = b.limit_class
            and a.batch_no = b.batch_no
            and a.acceptor_id = b.acceptor_id
            and b.ordinal >= a.ordinal + p.batch_days
    group by a.office, a.limit_class, a.batch_no, a.acceptor_id, a.ordinal
),

begun as (
    select
        office,
        limit_class,
        batch_no,
        acceptor_id,
        min(ordinal) as ordinal
    from days
    group by office, limit_class, batch_no, acceptor_id

    union all

    select
        f.office,
        f.limit_class,
        f.batch_no,
        f.acceptor_id,
        f.next_ordinal as ordinal
    from begun as b
    inner join following as f
        on
            b.office = f.office
            and b.limit_class = f.limit_class
            and b.batch_no = f.batch_no
            and b.acceptor_id = f.acceptor_id
            and b.ordinal = f.ordinal
)

select
    m.office,
    m.batch_no,
    m.case_no,
    max(b.ordinal) as begun_on
from members as m
inner join begun as b
    on
        m.office = b.office
        and m.limit_class = b.limit_class
        and m.batch_no = b.batch_no
        and m.acceptor_id = b.acceptor_id
        and m.ordinal >= b.ordinal
group by m.office, m.batch_no, m.case_no
