"""How streams that share the beginning of their names are found."""


def behind(prefix: str) -> str:
    """The least text behind all that begin with a prefix, which ends in an ASCII character."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
