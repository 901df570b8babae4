"""The golden files of the samples."""

from __future__ import annotations

from pathlib import Path

from tests.samples.contents import samples

GOLDEN = Path(__file__).parent.parent / "render" / "golden"
RULE = "─" * 20


def files() -> dict[str, str]:
    """The content of each golden file by its name: subject, text and chat together, and the HTML."""
    golden = {}
    for sample in samples():
        parts = (f"Subject: {sample.mail.subject}", sample.mail.text, sample.chat.text)
        golden[f"{sample.name}.txt"] = f"\n{RULE}\n".join(part.rstrip("\n") for part in parts) + "\n"
        golden[f"{sample.name}.html"] = sample.mail.html
    return golden
