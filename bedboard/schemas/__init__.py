"""The shapes of input and output: forms, JSON bodies and answers. One shape per thing."""
