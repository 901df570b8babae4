"""HTTP: the listener, and the endpoints for monitoring."""
