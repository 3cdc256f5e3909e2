/*
title = "同一单元后受理先登簿"
why   = "For each case the cases of its unit that came before it and were booked after it: of those accepted before, the latest booked suffice, so one ordered pass with the latest ten in hand compares no pairs. Ten, since the case itself and the cases of its own batch do not count."
*/
with

-- Proven: the other came surely before. Possible: dates alone, or no acceptance, leave it open.
moments as (
    select *, true as is_proven, false as is_asking, accepted_until as moment, first_booked_from as booked_at
    from core.unit_places
    where is_accepted

    union all

    select *, true as is_proven, true as is_asking, accepted_from as moment, last_booked_until as booked_at
    from core.unit_places
    where is_accepted

    union all

    select *, false as is_proven, false as is_asking, accepted_from as moment, last_booked_until as booked_at
    from core.unit_places

    union all

    select *, false as is_proven, true as is_asking, accepted_until as moment, first_booked_from as booked_at
    from core.unit_places
),

-- At equal moments who asks comes first: accepted at the same time is not accepted before.
passed as (
    select
        *,
        max(struct_pack(booked_at := booked_at, case_no := case_no, application := application), 10)
            filter (where not is_asking) over (
                partition by office, unit_no, is_seizure, is_proven
                order by moment, is_asking desc
                rows between unbounded preceding and current row
            ) as others
    from moments
),

-- Ten of its own batch tell nothing of the others.
crowded as (
    select *
    from passed
    where is_asking and len(others) = 10 and len(list_filter(others, lambda o: o.application <> application)) = 0
),

pairs as (
    select office, unit_no, case_no, application, is_proven, booked_at, unnest(others) as other
    from passed
    where is_asking

    union all

    select
        c.office, c.unit_no, c.case_no, c.application, c.is_proven, c.booked_at,
        struct_pack(booked_at := o.booked_at, case_no := o.case_no, application := o.application) as other
    from crowded as c
    inner join moments as o
        on
            c.office = o.office and c.unit_no = o.unit_no and c.is_seizure = o.is_seizure
            and c.is_proven = o.is_proven and not o.is_asking and o.moment < c.moment
            and c.application <> o.application and o.booked_at > c.booked_at
)

select
    office,
    unit_no,
    case_no,
    other.case_no as other_no,
    bool_or(is_proven) as is_proven
from pairs
where other.application <> application and other.booked_at > booked_at
group by office, unit_no, case_no, other.case_no
