"""An export file → events: archive, read, quarantine, tell new from known, append in one transaction."""
