"""The main job on three recorded states of the page, with real commands and real servers, and without any network."""
