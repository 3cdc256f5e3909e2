/*
title = "同一单元后受理先登簿"
why   = "For each case the cases of its unit that came before it and were booked after it: of those accepted before, the latest booked suffice, so one ordered pass with the latest ten in hand compares no pairs. Ten, since the case itself and the cases of its own batch do not count."
*/
with

-- Proven: the other came surely before. Possible: dates alone leave it open.
moments as (
    select *, true as is_proven, false as is_asking, accepted_until as moment, first_booked_from as booked_at
    from core.unit_places

    union all

    select *, true as is_proven, true as is_asking, accepted_from as moment, last_booked_until as booked_at
    from core.unit_places

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

pairs as (
    select
        office,
        unit_no,
        case_no,
        application,
        is_proven,
        booked_at,
        unnest(others) as other
    from passed
    where is_asking
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
