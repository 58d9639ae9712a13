"""What is annotated: articles, their versions and the text core."""
