"""What is said about articles: claims, entity tags, source links and notes, and who said it."""
