"""Administration: organizations, people, shelters and places, as managers and administrators change them."""
