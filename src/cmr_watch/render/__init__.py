"""The text that subscribers and operators read. Pure: from models to text."""
