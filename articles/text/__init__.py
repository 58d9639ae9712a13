"""The pure text core: normalising, blocks, bylines, links and anchoring. No Django, no HTTP."""
