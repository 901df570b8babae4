"""Writes the geographic data of the public site: places (GeoNames) and outlines of countries (Natural Earth)."""
