"""One module a cue: Snapshot → primitives."""
