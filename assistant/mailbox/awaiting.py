"""Which mail awaits the user's answer, and which of their own mails awaits one: asked of the mails of one conversation.

By plain rules, the same with and without a language model: somebody asks something or asks for something, in their own
words, and nobody answered later. Pure; `replying` and `following` ask it. Texts are looked at and never obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.drafting.recipients import Recipient
from assistant.mailbox.mail import Mail

QUESTION = re.compile(r"[?？؟][\"'”’»)\]]*$")
_POLITE = re.compile(
    r"\b(?:how (?:are|is|have) (?:you|things|it|everything|life)|how do you do|wie geht|comment (?:allez|vas|ça va)|"
    r"cómo est[áa]s?|hope (?:you|all|this)|any questions)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:could|can|would|will) (?:you|someone|somebody|anyone|one of you|you guys|y'all)\b"
    r"|\b(?:please|pls|plz|kindly)[ ,]+(?:\w+ly |also |just |do )*(?!find\b|note\b|see\b|be (?:advised|aware|assured|informed)\b"
    r"|bear with\b|ignore|disregard|do(?:n't| not)\b|accept (?:my|our)|feel free|remember|enjoy|excuse|forgive|join (?:me|us) in\b)[a-z]{2,}"
    r"|\b[a-z]{3,}[^.?!]{0,60},? please\b"
    r"|\blet (?!you\b)\w+ know\b|\bget back to (?:me|us)\b|\badvise (?:me|us|if|whether|as to|on|how)\b"
    r"|\b(?:i|we)(?:'d| would| should) (?:appreciate|be (?:grateful|glad|happy) if|like (?:you|your) )"
    r"|\b(?:i|we) (?:need|want) (?:you|your) |\b(?:do|are) you (?:have|want|need|know|think|able|available|free)\b"
    r"|\b(?:waiting for|awaiting|need|look(?:ing)? forward to) (?:hearing from you|your (?:reply|answer|response|feedback|comments?|decision|input))\b"
    r"|\byour (?:thoughts|opinion|approval|feedback|input|signature)\b[^.]{0,40}(?:\bby\b|\bneeded\b|\brequired\b|\bappreciated\b|welcome)"
    r"|\bR\.?S\.?V\.?P\b|(?:^|[,;:–-] |\b(?:and|then|also|just|or) )(?:send|give|call|tell|forward|e-?mail|fax) (?:me|us)\b"
    r"|\b(?:kannst|könntest|könnt|können|könnten|würdest|würden) (?:du|ihr|sie)\b|\bbitte\b(?! beachten| nicht)"
    r"|\b(?:gib|geben sie|sag|sagen sie) (?:mir|uns)\b|\bmelde(?:n sie)? (?:dich|sich)\b"
    r"|\b(?:pouvez|pourriez|peux|pourrais)[- ](?:vous|tu)\b|\bmerci de (?!votre|ton|ta|tes|vos)\w+|\bdites[- ](?:moi|nous)\b"
    r"|\b(?:podr[íi]as?|puedes?|podr[íi]an) \w+|\bpor favor\b|\b(?:d[íi]game|av[íi]same|av[íi]seme)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"\bif (?:you|there)(?:'ve| have| has| are| should|'d)?[^.?]{0,40}(?:questions?|concerns?|problems?|comments|need any|anything else)\b"
    r"|\b(?:call|contact|let me know|reach|write|e-?mail)[^.?]{0,40}(?:with|for|have) any (?:questions?|concerns?|problems?|further)\b"
    r"|\bshould you (?:have|need)\b|\b(?:do not|don't) hesitate\b|\bfeel free\b|\bplease (?:do not|don't) (?:reply|respond)\b"
    r"|\b(?:bei|falls)[^.?]{0,20} fragen\b|\bn'hésitez pas\b|\bno dudes? en\b|\bthank you for your (?:patience|attention)\b"
    r"|\bunsubscribe\b|\bview (?:this|it) in your browser\b",
    re.IGNORECASE,
)
_SETTLED = re.compile(
    r"\b(?:never ?mind|no need (?:to|for|anymore|any more)|(?:i|we)(?:'ve| have)? (?:already )?(?:found|solved|sorted|figured) (?:it|that)\b|"
    r"please (?:disregard|ignore) (?:my|this|the)|all (?:sorted|set|settled)|hat sich (?:erledigt|geklärt)|c'est réglé|ya est[áa] resuelto)\b",
    re.IGNORECASE,
)
LONGEST = 12_000
"""Characters of a mail's sentences that are read: what is asked is asked early."""


def asks(mail: Mail) -> str:
    """The first sentence in which its writer asks something, or asks for something; empty where none does."""
    return next(_asking(mail), "")


def is_from_a_person(mail: Mail) -> bool:
    return mail.sender is not None and not mail.is_automatic


def awaits_me(thread: Sequence[Mail], own: frozenset[str]) -> Mail | None:
    """The latest mail of a conversation that awaits the user's answer. `own` are their addresses, case-folded.

    Not: what went to them in copy only, what programs sent, what they answered (by a later mail or as a flag says), what
    its writer took back, and what one of several asked did answer.
    """
    ordered = sorted(thread, key=lambda mail: (mail.at, mail.item_id))
    for place in range(len(ordered) - 1, -1, -1):
        mail = ordered[place]
        if mail.is_by(own):
            return None
        if _SETTLED.search(mail.own):
            return None
        if not _is_to(mail, own) or not is_from_a_person(mail) or mail.is_answered or not asks(mail):
            continue
        return None if _was_answered(mail, ordered[place + 1 :]) else mail
    return None


def awaits_them(thread: Sequence[Mail], own: frozenset[str]) -> Mail | None:
    """The user's own mail at the end of a conversation that asks somebody else and was not answered."""
    ordered = sorted(thread, key=lambda mail: (mail.at, mail.item_id))
    for mail in reversed(ordered):
        if not mail.is_by(own):
            if is_from_a_person(mail):
                return None
            continue
        others = [one for one in mail.to if one.address.casefold() not in own]
        if _SETTLED.search(mail.own):
            return None
        if others and asks(mail):
            return mail
    return None


def _asking(mail: Mail) -> Iterator[str]:
    read = 0
    for sentence in mail.sentences:
        read += len(sentence)
        if read > LONGEST:
            return
        if _COURTESY.search(sentence) or _POLITE.search(sentence):
            continue
        if QUESTION.search(sentence) or _REQUEST.search(sentence):
            yield sentence


def _is_to(mail: Mail, own: frozenset[str]) -> bool:
    """Whether it was addressed to the user. A mail that reached them in another way names none of their addresses."""
    return any(one.address.casefold() in own for one in mail.to) or (
        mail.to_me and not any(one.address.casefold() in own for one in mail.cc)
    )


def _was_answered(mail: Mail, later: Sequence[Mail]) -> bool:
    """By somebody else who was asked as well."""
    asked = _address(mail.sender)
    return len(mail.to) > 1 and any(_address(one.sender) != asked and one.answers(mail) for one in later)


def _address(one: Recipient | None) -> str:
    return one.address.casefold() if one is not None else ""
