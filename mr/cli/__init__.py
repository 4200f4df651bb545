"""The composition root: one module a subcommand."""
