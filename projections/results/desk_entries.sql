/*
title = "监管台台账"
why   = "The entries that somebody may see, as they stand on a day ($day) and as he filters them; what is hidden from him is blank and matches no filter."
*/
with

lit as (
    select
        *,
        -- Silence is the handler's; from its end on the judgement is due.
        coalesce(judge_due_on is not null and $day > due_on, false) as is_silent,
        state <> 'referred'
        or (
            not list_contains(subjects, $person) and list_has_any($knows, ['', coalesce(office, '')])
        ) as is_open,
        [
            '/', '/' || if(section_of = '', '?', section_of),
            coalesce(office, '') || '/', coalesce(office, '') || '/' || if(section_of = '', '?', section_of)
        ] as places
    from results.entry_rows
),

standing as (
    select
        * exclude (due_on, "limit", holder),
        case
            when $day >= red_on then 4
            when $day >= orange_on then 3
            when $day >= yellow_on then 2
            when $day >= blue_on then 1
            else 0
        end as light_rank,
        if(is_silent, judge_due_on, due_on) as due_on,
        if(is_silent, 'judge', "limit") as "limit",
        if(is_silent, judge_holder, holder) as holder
    from lit
    where
        list_has_any($offices, ['', coalesce(office, '')])
        or ($own <> '' and (person = $own or list_contains(subjects, $own)))
        or (assigned_at is not null and list_has_any($sections, places))
        or (section <> '' and list_has_any($own_sections, places))
)

select *
from standing
where
    (len($states) = 0 or list_contains($states, state) or list_contains($states, shown_state))
    and (len($lights) = 0 or list_contains($lights, light_rank))
    and (len($wanted_offices) = 0 or list_contains($wanted_offices, coalesce(office, '')))
    and (len($wanted_sections) = 0 or (is_open and list_contains($wanted_sections, section_of)))
    and (len($rules) = 0 or (is_open and list_contains($rules, rule)))
    and (len($severities) = 0 or (is_open and list_contains($severities, gravest)))
    and ($whose is null or (is_open and (person = $whose or list_contains(subjects, $whose))))
    and ($since is null or opened_at >= $since)
    and (
        not $is_open_only
        or not is_final
        or appeal_due_on is not null
    )
    and (
        not $is_mine
        or (holder = 'handler' and person <> '' and person = $own)
        or (
            (holder <> 'handler' or section <> '')
            and list_has_any($turns, [holder || ':' || place for place in places])
        )
        or (appeal_due_on is not null and list_has_any($turns, ['leader:' || place for place in places]))
    )
    and len([word for word in $words if not contains(if(is_open, told, entry), word)]) = 0
