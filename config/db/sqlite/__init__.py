"""SQLite, as Django has it, where whoever waits for their turn to write is in nobody's way."""
