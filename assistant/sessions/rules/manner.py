"""How something is said: yes or no, a correction, a decision, a question, a supposition, the end. By wording alone.

Yes, no, corrections and the end in English, German, French and Spanish; the rest in English only.
"""

from __future__ import annotations

import re

from assistant.sessions.rules.message import Clause

_YES = re.compile(
    r"^\W*(?:oh |well |hmm+ |um+ |ok,? |okay,? )*(?:yes|yeah|yep|yup|yea|sure|of course|absolutely|definitely|certainly|right|correct|exactly"
    r"|that'?s (?:right|correct|fine|good|great|perfect)|that (?:is|would be|sounds|works|will)(?: \w+)? (?:right|correct|fine|good|great|perfect|work|lovely)"
    r"|(?:that |it )?(?:sounds|looks|seems) (?:very |really |absolutely |so )?(?:good|great|fine|perfect|lovely|nice|wonderful|right)|(?:that |it |this )?works (?:for (?:me|us)|well|great|fine)|go ahead|please do"
    r"|(?:that'?s |it'?s )?perfect|great|wonderful|excellent|fine|ok(?:ay)?|all right|alright|agreed|deal|i (?:agree|like (?:it|that|this)|love (?:it|that|this))"
    r"|ja|jawohl|genau|gerne?|klar|stimmt|passt|einverstanden|oui|ouais|d'accord|bien sûr|parfait|c'est bon|exactement"
    r"|sí|claro|vale|de acuerdo|perfecto|por supuesto|exacto)(?![\w'’-])",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:oh |well |hmm+ |um+ |sorry,? )*(?:no|nope|nah|not (?:really|quite|yet|at all|exactly)|i don'?t (?:think so|like (?:it|that|this))|i(?:'d| would) rather not"
    r"|that'?s (?:not|wrong)|that (?:is|does)(?:n'?t| not)|that won'?t|wrong|nein|nö|nicht|lieber nicht|non|pas (?:vraiment|du tout)|de ninguna)(?![\w'’-])",
    re.IGNORECASE,
)
_NO_THAT_IS_NONE = re.compile(
    r"^\W*no\s+(?:more than|less than|later than|earlier|museums?|problem|worries|idea|preference|need|rush|\w+s\b)",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:that(?:'s| is| will be|'ll be) (?:all|it|everything)(?! (?:about|right|the|i (?:know|can)))\b"
    r"|(?:i|we)(?:'m| am|'re| are) (?:all )?(?:done|set|finished)\b(?! (?:the|my|with the (?:first|second)))|nothing (?:else|more)\b|all set\b|we can (?:stop|finish) here"
    r"|(?:good)?bye\b|see you|no(?:thing)?,? (?:thanks?|thank you)[ ,.!]*(?:that(?:'s| is) all)?\s*[.!]*$"
    r"|das (?:ist|war'?s|wär'?s|war) ?(?:alles|schon)?\s*[.!]*$|ich bin fertig|nichts weiter|auf wiedersehen|tschüss"
    r"|c'est tout|j'ai fini|rien d'autre|au revoir|eso es todo|nada más|he terminado|adiós)",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"\b(?:i (?:meant|mean)\b|actually\b|correction\b|scratch that|make (?:that|it) \b|i misspoke|my mistake|i was wrong|wait,|on second thought"
    r"|(?:change|switch) (?:it|that|this|the \w+|my \w+|our \w+|from)\b|changed my mind|change of plans?|rather than|instead\b|no longer\b|not any ?more"
    r"|not (?:\w+ ){1,4}but\b|let'?s change|could we change|can we change|better make"
    r"|ich mein(?:e|te)|eigentlich|doch lieber|stattdessen|sondern\b|en fait|plutôt|je voulais dire|à la place|en realidad|quise decir|mejor dicho|en vez de)"
    r"|^\W*(?:no|nein|non|sorry|oops|hmm),? (?:i |we |it'?s |make |not |the |let'?s |\d|ich |es |je |c'est |quer)",
    re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"\b(?:changed? (?:my|our) minds?|change of plans?|scratch that|forget (?:about )?(?:the|that|what|it)\b|(?:change|switch) (?:it|that|the \w+|my \w+|our \w+|from [\w ]{1,40})? ?(?:to|into)\b"
    r"|replace\b|cancel the\b|drop the\b|we no longer|i no longer|meinung geändert|changé d'avis|cambiado de (?:idea|opinión))",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"\b(?:let'?s (?!see\b|say\b|start\b|talk\b|hear\b|look\b|plan\b|change\b|discuss\b|not\b|assume\b|begin\b|think\b|try\b)\w+|let us (?:take|go|do|book|stay)"
    r"|(?:i|we)(?:'ll| will) (?:take|go (?:with|for|by|to)|do|book|have|choose|pick|stay|travel|fly|drive|use)\b"
    r"|(?:i|we)(?:'ve| have)? (?:decided|settled|chosen|chose|opted|booked|picked)\b|(?:i|we) (?:choose|pick|opt for)"
    r"|(?:^|please |and |then |so |, )book (?:it|that|the|me|us|a|an)\b|(?:i|we)(?:'m| am|'re| are) going with|(?:that|it)(?:'s| is) (?:settled|decided)|go(?:ing)? (?:with (?:the|an?|option)|for (?:the|option))\b"
    r"|(?:it|this) will be the|make it the|stick(?:ing)? (?:with|to)|final(?:ly)? (?:decision|answer)"
    r"|wir nehmen|ich nehme|nehmen wir|on prend|prenons|je prends|tomamos|me quedo con|cogemos)",
    re.IGNORECASE,
)
_NO_DECISION = re.compile(
    r"\b(?:let'?s not|won'?t|will not|haven'?t|have not|not (?:yet )?decided|didn'?t)\b", re.IGNORECASE
)
_ASKING = re.compile(
    r"^\W*(?:and |so |but |ok(?:ay)?,? |then |also |well,? |hi,? |hello,? |please,? )*(?:what|when|where|which|who|whom|whose|why|how|is|are|was|were|do|does|did|can|could|would|should|shall|will|may|might|has|have you|am i|any)\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^\W*(?:and |so |ok(?:ay)?,? |then |hi,? |hello,? |also |please,? )*(?:(?:can|could|would|will) (?:you|we|i)\b|how about|what about|why don'?t we|would (?:it be possible|you mind)"
    r"|do you have (?:any|a)|are there any|is there an?y?)",
    re.IGNORECASE,
)
_CHANGE_REQUEST = re.compile(
    r"\b(?:change|make|switch|update|extend|shorten|plan|find|book|help|get|look|propose|suggest|recommend|add|include)\b",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:what if|if (?:i|we|you|he|she|they|it|there|one|my)\b|suppose|supposing|imagine|pretend|let'?s (?:say|assume|imagine|pretend)|hypothetically|in case|would have|wish (?:i|we|to)\b|as if|as though|were to"
    r"|assuming|role ?-?play|act as|say (?:i|we)|might|maybe|perhaps|(?:i|we) (?:could|considered)|wenn ich|angenommen|si j'|supongamos)\b",
    re.IGNORECASE,
)
_INQUIRES = re.compile(
    r"\b(?:(?:want|need|like|wanna) to (?:know|compare|see (?:what|if|how|which|whether)|find out|hear)|(?:tell|show) me|let me know|wondering|know more|compare|more (?:info|information|details))\b",
    re.IGNORECASE,
)
_NO_PREFERENCE = re.compile(
    r"\b(?:no preferences?|(?:i|we) do(?:n'?t| n't| not) (?:care|mind)|do(?:es)?(?:n'?t| n't| not) (?:really )?matter|any(?:thing| of (?:them|those))? (?:is|will be|would be|are) (?:fine|ok|okay|good)|anything(?: goes| will do)?\s*[.!]?$|whatever|up to you|you (?:choose|decide|pick)"
    r"|not (?:particular|picky|fussy)|(?:i'?m|we'?re|i am|we are) (?:flexible|open|easy)|either (?:is fine|way|one)|surprise me|egal|keine präferenz|peu importe|(?:ça m')?est égal|da igual|me da lo mismo|no importa)",
    re.IGNORECASE,
)
_LEFT_OPEN = re.compile(
    r"\b(?:(?:i )?do(?:n'?t| n't| not) know(?: yet)?|not sure(?: yet)?|no idea|(?:i|we) have(?:n'?t| not) decided|not decided(?: yet)?|undecided|skip (?:that|this|it)|rather not say|prefer not to (?:say|answer)|none of your business|later\s*[.!]?$|don'?t ask"
    r"|let'?s (?:leave|keep) (?:that|it) open|weiß (?:ich )?(?:noch )?nicht|keine ahnung|je ne sais pas|no (?:lo )?sé)",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:(?:i|we) (?:already|just) (?:asked|told|said)|as (?:i|we) (?:said|asked)|(?:again|once more)[,:]|you (?:still )?(?:did|have)(?:n'?t| not) answer(?:ed)?|(?:i )?repeat(?:ing)? (?:my|the) question|asked (?:you )?(?:that )?(?:before|already|twice))",
    re.IGNORECASE,
)


def agrees(text: str) -> bool | None:
    """Yes or no at the start of what is said; `None` if neither."""
    head = text[:400]
    if _NO.search(head) and not _NO_THAT_IS_NONE.search(head):
        return False
    return True if _YES.search(head) else None


def is_done(text: str) -> bool:
    """The user has what they came for, or leaves."""
    return _DONE.search(text) is not None


def corrects(text: str) -> bool:
    return _CORRECTION.search(text) is not None


def confirms_change(text: str) -> bool:
    """The words themselves say that what was decided is given up."""
    return _CONFIRMED.search(text) is not None


def decides(clause: Clause) -> bool:
    is_open = asks(clause) or supposes(clause) or _NO_DECISION.search(clause.text)
    return not is_open and _DECISION.search(clause.text) is not None


def asks(clause: Clause) -> bool:
    return "?" in clause.mark or _ASKING.search(clause.text) is not None


def inquires(text: str) -> bool:
    """What it names is asked about, not wished for."""
    return _INQUIRES.search(text) is not None


def requests(clause: Clause) -> bool:
    """A question that asks for something to be done, so that what it names is wanted."""
    found = _REQUEST.search(clause.text)
    return found is not None and (
        "about" in found.group().casefold() or _CHANGE_REQUEST.search(clause.text[found.end() :]) is not None
    )


def supposes(clause: Clause) -> bool:
    """It is only thought of, not said to be so."""
    return _SUPPOSED.search(clause.text) is not None


def has_no_preference(text: str) -> str:
    """The words that say that anything will do; empty if none."""
    return _group(_NO_PREFERENCE, text)


def leaves_open(text: str) -> str:
    """The words that say that it is not known or not told; empty if none."""
    return _group(_LEFT_OPEN, text)


def says_again(text: str) -> bool:
    """The user says that they asked or told it before."""
    return _AGAIN.search(text) is not None


def _group(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group().strip() if found else ""
