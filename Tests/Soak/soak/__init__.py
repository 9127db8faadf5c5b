"""A soak: thousands of clients that behave as clients do, faults on top, and at the end the question whether all adds up."""
