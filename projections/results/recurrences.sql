/*
title = "屡改屡犯"
why   = "For each rule and whoever answers for it (a person, else an account, else a case; never an office): struck entries that another followed within twelve months. Entries of old findings listed together, and those of withdrawn nights, do not count."
*/
with

pairs as (
    select
        s.rule,
        s.answers,
        s.entry,
        s.struck_on,
        min(o.opened_on) as followed_on,
        arg_min(o.entry, (o.opened_on, o.entry)) as followed_by
    from results.entry_keys as s
    inner join results.entry_keys as o
        on
            s.rule = o.rule and s.answers = o.answers and s.entry <> o.entry
            and o.opened_on >= s.struck_on and o.opened_on <= s.struck_on + interval 365 day
    group by s.rule, s.answers, s.entry, s.struck_on
)

select
    p.rule,
    any_value(r.title) as rule_title,
    split_part(p.answers, ':', 1) as answers_as,
    substr(p.answers, strpos(p.answers, ':') + 1) as answers,
    count(*) as relapses,
    count(*) filter (p.followed_on > run.as_of_on - 365) as relapses_in_a_year,
    max(p.followed_on) as last_on,
    list(p.followed_by order by p.followed_on, p.followed_by) as entries
from pairs as p
cross join reference.run
left join reference.rules as r on p.rule = r.rule
group by p.rule, p.answers
order by p.rule, p.answers
