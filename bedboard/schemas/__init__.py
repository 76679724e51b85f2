"""What comes in and what goes out: forms, JSON bodies and answers, one shape per thing."""
