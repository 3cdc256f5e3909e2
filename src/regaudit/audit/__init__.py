"""One check and what follows from it: inputs, rule runs, changes of findings, replay, back-test."""
