"""`make image-test`: the container image, built and run for real; see __main__.py."""
