"""cmr-watch: notifies subscribers of changes to the “Clusters meet Regions” pages."""

__version__ = "0.1.0"
