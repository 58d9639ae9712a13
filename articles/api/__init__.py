"""The REST API of articles, and what every endpoint of Pressmark shares."""
