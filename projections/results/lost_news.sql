/*
title = "补来的数据改变了什么"
why   = "For each office and import of tonight: findings that ceased, or are due on another day, through rows of days that a night had judged; and accounts of which a roster says otherwise than the rosters before whose acts of such days were."
*/
with

seen as (
    select coalesce(max(log_position), 0) as position
    from core.runs
    where kind = 'nightly' and not is_withdrawn and night < (select as_of_on from reference.run)
),

titled as (
    select
        c.*,
        coalesce(r.title, c.rule) as rule_title
    from results.ceased as c
    left join reference.rules as r on c.rule = r.rule
),

by_rule as (
    select
        office,
        import_no,
        how,
        rule_title,
        count(*) as findings
    from titled
    group by office, import_no, how, rule_title
),

named as (
    select
        office,
        import_no,
        how,
        string_agg(rule_title || ' ' || findings, '、' order by findings desc, rule_title) as names
    from by_rule
    group by office, import_no, how
),

lost as (
    select
        t.office,
        t.import_no,
        t.how,
        count(*) as findings,
        count(*) filter (where t.severity in ('critical', 'major')) as grave,
        sum(t."rows") as late_rows,
        any_value(n.names) as names
    from titled as t
    inner join named as n
        on t.office is not distinct from n.office and t.import_no = n.import_no and t.how = n.how
    group by t.office, t.import_no, t.how
),

rewritten as (
    select
        r.office,
        r.brought_no as import_no,
        'rewritten' as how,
        count(distinct r.account) as findings,
        0 as grave,
        count(*) as late_rows,
        string_agg(distinct r.account, '、' order by r.account) as names
    from core.roster_rewrites as r
    inner join core.imports as i on r.brought_no = i.import_no
    cross join seen
    where not r.is_first and i.position > seen.position
    group by r.office, r.brought_no
)

select l.*, i.file_name, nullif(i.backfill, '') as backfill
from (select * from lost union all select * from rewritten) as l
inner join core.imports as i on l.import_no = i.import_no
order by l.office, l.import_no, l.how
