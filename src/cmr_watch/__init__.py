"""cmr-watch: who hosts “Clusters meet Regions” next, told once and never falsely."""

__version__ = "0.1.0"
