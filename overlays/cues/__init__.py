"""One module a cue: each draws one thing the learner must know, and nothing else."""
