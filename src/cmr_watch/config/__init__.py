"""Settings from a TOML file and the environment; `load` is the only reader of the environment."""

from cmr_watch.config.load import environment_without_settings, find_file, load
from cmr_watch.config.settings import (
    INITIATIVE_PAGE,
    PINNED_HOSTS,
    ArchiveSection,
    BackupSection,
    BouncesSection,
    DaemonSection,
    DatabaseSection,
    FetchSection,
    LogSection,
    MailSection,
    MessagesSection,
    OperatorSection,
    PageSection,
    Settings,
    WebSection,
)

__all__ = [
    "INITIATIVE_PAGE",
    "PINNED_HOSTS",
    "ArchiveSection",
    "BackupSection",
    "BouncesSection",
    "DaemonSection",
    "DatabaseSection",
    "FetchSection",
    "LogSection",
    "MailSection",
    "MessagesSection",
    "OperatorSection",
    "PageSection",
    "Settings",
    "WebSection",
    "environment_without_settings",
    "find_file",
    "load",
]
