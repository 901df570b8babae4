"""History from a web archive: its list of copies, each copy, and what they add to our own history."""
