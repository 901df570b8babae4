"""`make ablate`: which words and rules of the reading engine no saved page needs."""
