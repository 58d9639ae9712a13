"""PostgreSQL, as Django has it, with kept connections."""
