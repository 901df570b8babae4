"""Reconstruct what was announced before cmr-watch was installed, from a web archive's copies of the pages.

    memento_client  fetches the list of copies and each copy from an archive that supports Memento (RFC 7089)
    timemap         pure: parses the list of copies, a TimeMap in link-format
    boilerplate     pure: removes the banner, scripts and rewritten links that an archive adds to a copy
    history         pure: compares the copies in order, and gives what they know the current keys
    access          opens the archive that the configuration names
    backfill        combines these: fetches the copies that are missing, and stores the history of each page

A backfill sends no notifications.
"""
