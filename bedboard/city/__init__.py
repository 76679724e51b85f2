"""Real data: a city's file of what its shelters have each night, loaded as a board and replayed through the API."""
