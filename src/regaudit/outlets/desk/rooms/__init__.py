"""The rooms of the desk: a module each, with its `ROOMS`, `routes` and view functions."""
