"""The cast of a demo: a program that plays the shelters and the desk, so that one visitor alone sees a place found."""
