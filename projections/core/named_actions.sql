/*
title = "环节与姓名"
why = "Every action up to the as-of time with the table it stood in, and the name of one that tells no account, as names are compared."
view = true
per_case = true
*/
with

actions as (
    select * from core.actions
),

parts as (
    select * from staging.import_parts
),

folded as (
    select
        actions.*,
        parts.file_sha256,
        parts.table_name,
        parts.strip_name_suffix,
        case
            when actions.account is null
                then translate(
                    regexp_replace(coalesce(f.folded, actions.operator), '[\s\p{Z}]', '', 'g'), '•・‧', '···'
                )
        end as name
    from actions
    inner join parts on actions.import_no = parts.import_no and actions.part_no = parts.part_no
    left join staging.folds as f on actions.operator = f.writing
)

select
    *,
    case when strip_name_suffix then regexp_replace(name, '\p{Nd}+$', '') else name end as name_key
from folded
