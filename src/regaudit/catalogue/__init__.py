"""What `events/` and `projections/` say: events, rules, profiles, calendar, SQL files, published tables."""
