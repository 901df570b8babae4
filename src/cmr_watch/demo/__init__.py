"""The demo: the main job on three recorded states of the page, with real commands and local servers. No network."""
