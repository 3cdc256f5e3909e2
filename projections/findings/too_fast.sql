/*
rule     = "too-fast"
version  = 3
title    = "超快办件"
severity = "info"
family   = "time"
subject  = "case"
shows    = ["closing"]
without_act = "quick work is a hint; no step of it is forbidden"
story    = "clock"
basis    = ["鄂尔多斯方案(18)", "宁波通知 七"]
summary  = "业务 {case_no}{kind}{accepted_at:minute}受理,{booked_at:minute}登簿,仅用 {minutes} 个工作分钟"
unknown  = "没有受理记录、只有日期,或不在已公布的日历之内,用时无法算出"
why      = "Nobody reads the papers of an ordinary case in a few minutes: booked before anybody can have examined it."
not_this = "Seizures and cancellations are done at once, and robots are quick. Within a day of recorded overtime the time by the clock counts. Without an acceptance it is unknown, unless the first review already lies long enough before the booking."
zh_why   = "几分钟看不完一件普通业务的材料:登簿时不可能有人审查过。"
zh_not_this = "查封和注销本应即时办理,机器人也快。当日有延时服务记录的,按钟面时间计。没有受理记录的,无法判断,除非首次审核距登簿已足够久。"
zh_nobody = "快只是提示,没有哪一步是禁止的"
per_key  = ["cast(accepted_at as date)", "office"]

[key_of]
"core.booking_paces" = ["cast(begun_at as date)", "office"]
"core.overtime_days" = ["on_date", "office"]

[params.min_minutes]
value = 10
about = "受理至登簿少于多少工作分钟即提示"
*/
with

paces as (
    select
        b.*,
        case
            when d.on_date is not null and cast(b.booked_at as date) = d.on_date
                then greatest(b.worked_micros, b.clock_micros)
            else b.worked_micros
        end as micros
    from core.booking_paces as b
    left join core.overtime_days as d on b.office = d.office and cast(b.begun_at as date) = d.on_date
)

select
    paces.office,
    paces.case_no,
    coalesce('(' || paces.registration_title || ')', ' ') as kind,
    paces.begun_at as accepted_at,
    paces.booked_at,
    paces.booked_at as occurred_at,
    floor(paces.micros / 60000000)::bigint as minutes,
    paces.evidence,
    case
        -- A whole working day lies between, whatever the times were.
        when paces.has_dates then case when paces.days_between >= 2 then false end
        when paces.is_accepted or paces.micros >= p.min_minutes * 60000000 then paces.micros < p.min_minutes * 60000000
    end as is_violation
from paces
cross join params.too_fast as p
