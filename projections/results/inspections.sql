/*
title = "抽查的业务单位"
why   = "Each unit of every draw, with the number of its form, and what the last examination of it found; units that are inspected whatever is drawn follow those that were."
*/
with

draws as (
    select
        d.inspection,
        d.version,
        f.office as scope,
        f."month",
        d.drawn_at,
        d.way,
        d.picks,
        f.mandatory,
        row_number() over (partition by d.inspection order by d.version) as draw_no,
        d.version = max(d.version) over (partition by d.inspection) as is_current
    from staging.drawn_inspections as d
    inner join staging.frozen_inspections as f
        on d.inspection = f.inspection and d.frozen_version = f.version
),

listed as (
    select
        * exclude (picks, mandatory),
        generate_subscripts(picks, 1) as serial,
        unnest(picks) as pick,
        cast(null as varchar[]) as classes
    from draws

    union all by name

    select
        * exclude (picks, mandatory, unit),
        len_picks + place as serial,
        {'unit': unit.unit, 'stratum': null, 'ticket': null} as pick,
        unit.classes as classes
    from (
        select
            *,
            len(picks) as len_picks,
            generate_subscripts(mandatory, 1) as place,
            unnest(mandatory) as unit
        from draws
    )
),

last_ones as (
    select
        inspection,
        unit,
        arg_max(struct_pack(version, examined_at, login, person, grade, entry, items), version) as said
    from staging.examined_inspections
    group by inspection, unit
)

select
    l.inspection,
    l.inspection || '-' || l.draw_no || '-' || format('{:03d}', l.serial) as inspection_no,
    l.draw_no,
    l.is_current,
    l."month",
    split_part(l.pick.unit, '/', 1) as office,
    l.pick.unit as unit,
    if(contains(l.pick.unit, '/batch:'), null, substr(l.pick.unit, strpos(l.pick.unit, '/') + 1)) as case_no,
    if(contains(l.pick.unit, '/batch:'), split_part(l.pick.unit, '/batch:', 2), null) as batch_no,
    l.pick.stratum as stratum,
    l.classes is not null as is_mandatory,
    l.classes,
    l.pick.ticket as ticket,
    l.drawn_at,
    l.way,
    e.said.examined_at as examined_at,
    e.said.login as login,
    e.said.person as person_id,
    e.said.grade as grade,
    cast(len([one for one in e.said.items if one.verdict = 'fault']) as integer) as faults,
    e.said.entry as entry,
    e.said.version as version
from listed as l
left join last_ones as e on l.inspection = e.inspection and l.pick.unit = e.unit
order by inspection_no
