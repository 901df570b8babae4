"""What a refusal says: whether the recipient's address is dead, or the server refuses us, the message or the moment.

Used for replies during delivery and for reports that come by mail. Pure.

- Only a code or words about the recipient's address say that it is dead (RFC 3463 §3.2; Microsoft's 5.1.10).
- Any other code says that it is not, whatever the words: that of the sender's address (5.1.7, 5.1.8), of the mailbox's
  state, the server, the route, the protocol, the content or a policy (5.2.2, 5.2.3, 5.3.x to 5.7.x), or of the moment
  (4.x.x).
- Words that say that the sender's address was refused, or that a server could not look anything up, count for more than
  all else: Postfix and Exim verify our address by asking our server, and quote what it said, codes included.
- Some servers give the code of an unknown address to every refusal. So words about the sender, a limit, a policy, spam
  or time count for more than the code, unless there are also words about the address.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Meaning = Literal["dead", "alive", "unclear"]

MAX_LENGTH: Final = 4000  # characters; a reply has at most 512 octets a line (RFC 5321 §4.5.3.1.5)

_ENHANCED_CODE: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_TEMPORARY_REPLY: Final = re.compile(r"(?<![\d.])(?:421|432|45[0-5]|552)(?=[ -])")  # RFC 5321 §4.2.3, RFC 4954 §6
# bad mailbox, system or syntax; moved; not found by Exchange; domain without mail (RFC 7505 gives it 5.1.10, too)
_DEAD_CODES: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_ALIVE_CODE: Final = re.compile(r"4\..*|5\.1\.[78]|5\.2\.[23]|5\.[3-7]\..*")
_DISABLED_CODE: Final = "5.2.1"  # also sent for a mailbox that receives too much, and for an unknown one
_ADDRESS: Final = re.compile(r"<[^<>\s]*@[^<>\s]*>|\S+@\S+")

_WHO: Final = r"(?:users?|recipients?|mailbox|accounts?|address(?:ee)?|alias|person|user ?(?:id|name))"
_KIND: Final = r"(?:(?:local|e-?mail|mail|virtual|destination|final|recipient|remote|user|the)(?:'s)? )*"
_DEAD_WORDS: Final = re.compile(
    rf"\b(?:unknown|no such|nonexist[ae]nt|non-exist[ae]nt|unrecogni[sz]ed) (?:or \w+ )?{_KIND}{_WHO}\b"
    rf"|\b(?:invalid|bad) {_KIND}(?:delivery )?(?:user(?:s| ?id| ?name)?|recipients?|mailbox|account|addressee|alias)\b"
    rf"|\b{_WHO}\b[^;]{{0,60}}?(?:\b(?:unknown|nonexist[ae]nt|non-exist[ae]nt|deactivated|disabled|inactive)\b"
    r"|\b(?:is |was )?(?:not|never) (?:be )?(?:found|known|listed|recogni[sz]ed|a valid|exist\w*)"
    r"|(?:wasn|couldn|isn|doesn|didn)[^ a-z]t (?:be )?(?:found|known|listed|recogni[sz]ed|exist)"
    r"|\bno longer (?:exist|valid|active|in use|used|on server|accessible|available)"
    r"|\bhas (?:been )?(?:moved|closed|deleted|removed|terminated|discontinued|disabled|deactivated)\b)"
    r"|\bno (?:mailbox|account|user|recipient)s? (?:here |found |exists? )?(?:by|with|under) that\b"
    r"|\b(?:nobody|no[ -]?one) (?:here )?(?:by|with|under|has|of) (?:this|that)\b"
    r"|\bno (?:mailbox|user|valid recipients?|recipient)\b(?! (?:unavailable|full))"
    rf"|\bnot (?:a )?(?:valid|known|our|existing|registered) {_KIND}(?:users?|recipients?|mailbox|accounts?|customer)\b"
    rf"|\b(?:does ?n[^ a-z]?t|does not|do not) have (?:an? )?(?:\S+ )?{_KIND}account\b"
    r"|\brecip(?:ient)?notfound\b|\bunrout(?:e)?able address\b|\bunknown local[ -]part\b"
    r"|\b(?:adress[ae]t?e?|utilisateur|destinataire|benutzer|empf.{1,2}nger|usuario|destinatario|utente|indirizzo)\b.{0,40}"
    r"(?:\binconnue?|\bn.existe pas|\bunbekannt|\bexistiert nicht|\bno existe|\bdesconocid|\binesistente|\bsconosciut)"
)
_ALIVE_WORDS: Final = re.compile(
    r"\b(?:spf|dkim|dmarc|ptr|rdns|dns(?:b|w)l|rbl|tls|starttls|ehlo|helo)\b|\breverse dns\b"
    r"|\b(?:block|black|deny|grey|gray)[ -]?(?:ed|ing|list\w*|hole\w*)?\b|\bspam|\bjunk\b|\bvirus|\bmalware|\bphish"
    r"|\bpolic(?:y|ies)\b|\breputation|\bsenders?\b|\bfrom (?:address|domain|header)|\bmail from\b|\brelay"
    r"|\bunauthenticated|\bauthenticat|\baccess denied|\bpermission|\bprohibited|\bforbidden"
    r"|\bquota|\bfull\b|\bstorage\b"
    r"|\bdisk\b|\bspace\b|\btoo (?:large|big|many|much|long|fast)|\bexceed|\blimit|\b(?:at a|sending|receiving) rate\b"
    r"|\bfrequen|\bthrottl|\bexpire|\btimed? ?out|\btime-out|\btemporar|\bagain later|\bdefer|\bloop|\bhops?\b"
    r"|\bconnection|\bconnect to|\bcontent (?:reject|filter|not|is|error|type)|\b(?:message|mail|spam) content\b"
    r"|\battachment|\b(?:bad|invalid|missing|duplicate) header|\bheaders? (?:too|size|error|missing)|\bpreferences\b"
)
_ALWAYS_ALIVE_WORDS: Final = re.compile(
    r"\bsender (?:address )?(?:rejected|denied|refused|verif\w+|unknown|callout)|\bverify(?:ing)? (?:the )?sender"
    r"|\bcall(?:back|out) (?:setup |verification )?fail|\btemporar|\bbusy\b|\blookup (?:has )?(?:failed|failure|error)"
    r"|\b(?:servers?|services?|directory|ldap|backend|database) (?:(?:is|was|are) )?(?:\w+ )?"
    r"(?:unavailable|down|unreachable)\b"
)


def meaning(status: str, text: str) -> Meaning:
    """What a refusal says about the recipient's address.

    `status` is the enhanced code of a report (RFC 3463), empty if there is none; `text` is the reply, or the words of a
    report.
    """
    words, codes = _words(text), _codes(status, text)
    if any(map(_ALIVE_CODE.fullmatch, codes)) or _TEMPORARY_REPLY.search(words) or _ALWAYS_ALIVE_WORDS.search(words):
        return "alive"
    names_address, names_other = bool(_DEAD_WORDS.search(words)), bool(_ALIVE_WORDS.search(words))
    has_dead_code = not codes.isdisjoint(_DEAD_CODES)
    if has_dead_code and (names_address or not names_other):
        return "dead"
    if names_other or (_DISABLED_CODE in codes and not names_address):
        return "alive"
    return "dead" if names_address else "unclear"


def _codes(status: str, text: str) -> frozenset[str]:
    """The enhanced codes for failures in the status and the text."""
    found = (status, *_ENHANCED_CODE.findall(text[:MAX_LENGTH]))
    return frozenset(code for code in found if code and not code.startswith("2"))


def is_dead(text: str) -> bool:
    """Whether a reply says that the recipient's address is dead."""
    return meaning("", text) == "dead"


def _words(text: str) -> str:
    """The text in lower case on one line, without addresses, whose words mean nothing."""
    return " ".join(_ADDRESS.sub(" ", text[:MAX_LENGTH]).replace("_", " ").split()).lower()
