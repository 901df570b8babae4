"""A stand-in for the mail catcher of compose.yaml, with Mailpit's ports and the part of its API that the test uses.

SMTP is on port 1025. On port 8025, GET /api/v1/messages lists the mails, newest first, and GET /api/v1/message/ID
returns one of them.
"""

import email
import email.policy
import json
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAILS: list[dict[str, Any]] = []


class Inbox:
    """Keeps each mail that arrives."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        parsed = email.message_from_bytes(envelope.content or b"", EmailMessage, policy=email.policy.default)  # type: ignore[arg-type]
        text = parsed.get_body(("plain",))
        to = [{"Address": address} for address in envelope.rcpt_tos]
        mail = {"ID": str(len(MAILS)), "Subject": str(parsed["Subject"]), "To": to}
        MAILS.append({**mail, "Text": text.get_content() if text else ""})
        return "250 OK"


class Api(BaseHTTPRequestHandler):
    """Answers the two requests."""

    def do_GET(self) -> None:
        folder, _, name = self.path.removeprefix("/api/v1/").partition("/")
        found: Any = None
        if folder == "messages":
            short = [{key: mail[key] for key in mail if key != "Text"} for mail in reversed(MAILS)]
            found = {"total": len(MAILS), "messages": short}
        elif folder == "message":
            found = next((mail for mail in MAILS if mail["ID"] == name), None)
        content = json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    Controller(Inbox(), hostname="0.0.0.0", port=1025).start()
    ThreadingHTTPServer(("0.0.0.0", 8025), Api).serve_forever()
