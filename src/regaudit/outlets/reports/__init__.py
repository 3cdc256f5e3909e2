"""The monthly report and the zero return: what they say, and how they look."""
