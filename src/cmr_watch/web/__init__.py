"""What is answered over HTTP: how it is."""
