"""What the promises rest on: seeded runs that are broken off at every point, and their figures. `make prove`."""
