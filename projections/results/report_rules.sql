/*
title = "报告:规则及其版本"
why   = "The rules of the run that is published, each with its version and how it ended."
*/
select rule, title, version, status from main.rule_runs
order by rule
