"""How articles come in: one module per way, and one that stores what each has found."""
