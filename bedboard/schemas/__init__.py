"""The shapes of what comes in and goes out: forms, JSON bodies and answers. One shape per thing."""
