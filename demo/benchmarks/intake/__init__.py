"""What files cost that people send: seconds and memory, each in a process of its own."""
