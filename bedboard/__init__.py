"""bedboard: a real-time board of shelter places for victims of human trafficking."""
