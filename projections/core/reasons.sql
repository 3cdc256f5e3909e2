/*
title = "原因"
why   = "What pauses, expedites and explanations give as their reason, and whether it says something: at least two letters or ideographs that are no mere filler, or a code or ground that the profile lists."
per_case = true
*/
with

-- As they are compared: folded, without regard to letter case.
written as (
    select
        s.position,
        s.office,
        s.case_no,
        lower(coalesce(f.folded, s.reason)) as words
    from core.steps as s
    left join staging.folds as f on s.reason = f.writing
    where s.reason is not null and s.step in ('pause', 'expedite', 'explain')
),

-- Neither punctuation nor white space makes another reason of one.
bared as (
    select
        *,
        regexp_replace(words, '[\p{P}\p{S}\p{Z}\p{C}\s]', '', 'g') as letters
    from written
),

listed as (
    select
        regexp_replace(word, '[\p{P}\p{S}\p{Z}\p{C}\s]', '', 'g') as letters,
        bool_or(kind = 'filler') as is_filler,
        bool_or(kind <> 'filler') as is_known
    from reference.reason_words
    group by regexp_replace(word, '[\p{P}\p{S}\p{Z}\p{C}\s]', '', 'g')
)

select
    b.position,
    b.office,
    b.case_no,
    b.words,
    b.letters,
    case
        when l.is_known then true
        when l.is_filler then false
        else regexp_matches(b.letters, '\p{L}.*\p{L}')
    end as is_telling
from bared as b
left join listed as l on b.letters = l.letters
