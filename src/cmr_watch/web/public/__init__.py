"""The public site: what is open, what is next and what changed, as pages, calendars, feeds and data."""
