/*
title = "台账所含的问题"
why   = "Which findings each entry is about; of those referred to others it is not told."
*/
select entry, finding_id
from results.entry_findings
where state <> 'referred'
