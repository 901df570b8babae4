"""Storage. The only package that uses SQLAlchemy (Core, no ORM). Each public method is one transaction."""
