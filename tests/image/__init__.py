"""`make image-test`: build the container image, and test it in real containers; see __main__.py."""
