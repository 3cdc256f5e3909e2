"""The Merkle tree over all events: hashing, growth, checkpoints as signed notes, keys."""
