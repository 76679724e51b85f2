"""The migrations, numbered, and the one function that applies them."""
