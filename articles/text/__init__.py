"""Pure functions on text, without Django and HTTP: normalise, split, anchor, compare, re-anchor."""
