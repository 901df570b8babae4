"""Turns recorded changes into delivered messages. Shares only database rows with `monitor`."""
