"""The REST API of projects, annotations, entities and sources."""
