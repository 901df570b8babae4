"""Words for people: pure, from models to text."""
