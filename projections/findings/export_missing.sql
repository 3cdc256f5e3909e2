/*
rule     = "export-missing"
version  = 4
title    = "导出缺失"
severity = "minor"
family   = "log"
of_log   = true
subject  = "source"
without_act = "that nothing came is nobody's act, and each night without it no news"
lasting  = true
basis    = ["宁波通知 六", "鄂尔多斯方案(18)"]
summary  = "数据源 {source} 应于{night:day}{deadline}送达的导出未到(已缺 {nights} 晚)"
why      = "A platform whose export does not arrive is not checked at all: a quiet night may be a blind one."
not_this = "Only nights count on which regaudit ran and looked. Gone as soon as the source delivers, be it the same files as before; with an hour by which it is due (`due`), only something new is a delivery. A source that is taken out of regaudit.toml while it is missing stays a finding until it is struck off."
zh_why   = "导出没有送到的平台,等于完全没有检查:平静的一晚可能是看不见的一晚。"
zh_not_this = "只计实际运行并查看过的夜晚。数据源一经送达,问题即不再存在,哪怕是与以前相同的文件;规定了送达时刻(`due`)的,只有新的内容才算送达。缺失期间从 regaudit.toml 中去掉的数据源,问题保留,直到销号。"
zh_nobody = "没有送到不是某个人的行为,此后每晚没有送到也不算新情况"

[params.major_after]
value = 3
about = "连续缺几次应到的导出即为重要"
*/
with

delivered as (
    select
        source,
        max(position) as position
    from core.delivered_exports
    group by source
),

missed as (
    select m.*
    from core.missed_exports as m
    cross join reference.run as run
    where m.night <= run.as_of_on
),

-- Missed since the source delivered last: the log's order says so. The last one says whose it is and when due.
missing as (
    select
        m.source,
        nullif(arg_max(coalesce(m.office, ''), m.position), '') as office,
        arg_max(coalesce(m.due, ''), m.position) as due,
        max(m.night) as night,
        min(m.night) as since,
        count(distinct m.night) as nights,
        array_agg(m.position) as evidence
    from missed as m
    left join delivered as d on m.source = d.source
    where d.position is null or m.position > d.position
    group by m.source
),

sources as (
    select source from delivered
    union
    select source from missed
)

select
    s.source,
    m.office,
    m.night,
    cast(m.since as timestamp) as occurred_at,
    case when m.due <> '' then ' ' || m.due || ' 前' else '' end as deadline,
    m.nights,
    case when m.nights >= p.major_after then 'major' else 'minor' end as severity,
    coalesce(m.evidence, []) as evidence,
    m.source is not null as is_violation
from sources as s
cross join params.export_missing as p
left join missing as m on s.source = m.source
