"""`make prove`: seeded simulations that test the promises of docs/promises.md, and count what happened."""
