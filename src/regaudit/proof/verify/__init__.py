"""Proves that a workspace is whole: log, checkpoints, keys, archive, mirror and published findings."""
