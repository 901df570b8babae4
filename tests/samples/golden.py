"""The golden files of the samples: all of them in English, and the main kinds in German and Polish."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cmr_watch.render.i18n import in_language
from tests.samples.contents import Sample, samples

GOLDEN = Path(__file__).parent.parent / "render" / "golden"
RULE = "─" * 20
TRANSLATED: Final = ("de", "pl")
MAIN: Final = (
    *("call-opened", "call-opened-self-subscribed", "call-cutoff-moved", "edition-announced", "edition-rescheduled"),
    *("edition-cancelled", "digest-daily", "reminder", "welcome", "outage-both", "monthly-status"),
)


def files() -> dict[str, str]:
    """The content of each golden file by its name: subject, text and chat together, and the HTML."""
    golden = {}
    for sample in samples():
        golden |= _files(sample.name, sample)
    for language in TRANSLATED:
        with in_language(language):
            for sample in samples():
                golden |= _files(f"{language}-{sample.name}", sample) if sample.name in MAIN else {}
    return golden


def _files(name: str, sample: Sample) -> dict[str, str]:
    parts = (f"Subject: {sample.mail.subject}", sample.mail.text, sample.chat.text)
    text = f"\n{RULE}\n".join(part.rstrip("\n") for part in parts) + "\n"
    return {f"{name}.txt": text, f"{name}.html": sample.mail.html}
