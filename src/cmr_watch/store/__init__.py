"""What we know: the only SQLAlchemy (Core tables, no ORM objects). Rows in, models out; one method, one transaction."""
