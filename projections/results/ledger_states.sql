/*
title = "台账各状态的起止"
why   = "In which states each entry was, from when to when, and for how many working days."
*/
select entry, state, from_at, until_at, days
from results.entry_states
