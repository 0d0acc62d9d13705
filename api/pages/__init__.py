"""Pages for people: rendered here, without a line of script."""
