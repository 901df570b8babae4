"""Changes → delivered messages. It shares nothing with monitor but rows."""
