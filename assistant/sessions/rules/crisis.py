"""Words of someone who may harm themselves, by rule, and the help that is named first. English, German, French, Spanish.

A rule errs on the side of naming help; a model is not asked.
"""

from __future__ import annotations

import re

HELP = (
    "I am a program, and what you write sounds as if you may be in danger. Please talk to a person now: your emergency "
    "number (112 in Europe, 911 in North America), or someone who listens at any hour: 988 in the USA and Canada, 116 123 in "
    "the United Kingdom and Ireland, 0800 111 0 111 in Germany, 3114 in France, 024 in Spain; findahelpline.com names "
    "others. If you can, tell someone near you, and do not stay alone."
)

_FIRST_PERSON = re.compile(
    r"\b(?:(?:i|i'm|i am|im)\b[^.?!\n]{0,40}\b(?:want|wanna|going|plan(?:ning)?|think(?:ing)?|thought|feel like|wish|intend|ready|about|rather|decided|need|might|will|could|try(?:ing)?|tried)\b[^.?!\n]{0,30}\b"
    r"(?:kill(?:ing)? myself|die\b(?! of (?:laughter|laughing|boredom|curiosity)| laughing)|be(?:ing)? dead|end(?:ing)? (?:my (?:own )?life|it all)|take(?:ing)? my (?:own )?life|taking my (?:own )?life|hurt(?:ing)? myself|harm(?:ing)? myself|cut(?:ting)? myself|not (?:be )?(?:alive|exist|wake up))"
    r"|kill myself|killing myself|end my (?:own )?life|take my own life|i (?:want|wish) (?:to die|i was dead|i were dead|i had never been born)|i(?:'m| am) (?:feeling )?suicidal|(?:don'?t|do not|no longer) (?:really )?want to (?:live|be alive|exist|wake up|be here any ?more)"
    r"|(?:better off|wish i were|wish i was) (?:dead|without me)|(?:better|easier|best)[^.?!\n]{0,20} if i (?:was|were|am|'m)(?:n'?t| not| no longer) (?:here|around|alive|there)(?! (?:at|in|for) )|no reason to (?:live|go on living)|(?:can'?t|cannot) go on (?:living|like this any ?more)|i (?:cut|hurt|harm) myself\b(?! (?:shaving|cooking|on|with|while|chopping|in the))|overdose on\b|took (?:all (?:my|the)|too many) pills"
    r"|mich umbringen|mir das leben nehmen|nicht mehr leben|will sterben|möchte sterben|selbstmord begehen|mich (?:selbst )?verletzen"
    r"|me suicider|me tuer\b|envie de mourir|veux mourir|plus envie de vivre|en finir avec la vie|me faire du mal"
    r"|suicidarme|matarme|quiero morir|no quiero (?:seguir )?(?:vivir|viviendo)|quitarme la vida|hacerme daño)",
    re.IGNORECASE,
)
_NOT_MEANT = re.compile(
    r"\b(?:embarrassment|laughing|of (?:hunger|thirst|heat|boredom|curiosity)|to die for|kill myself laughing|in (?:the|this) (?:game|story|novel|movie|film|scene))\b",
    re.IGNORECASE,
)
_BROAD = re.compile(
    r"\b(?:suicid(?:e|al)|self[- ]harm(?:ing)?|overdos(?:e|ing)|not worth living|hopeless(?:ness)?[^.?!\n]{0,40}\b(?:life|live|living|everything)|everyone would be better off|(?:can'?t|cannot) (?:go on|do this any ?more|take (?:it|this) any ?more)|(?:don'?t|do not) see (?:a|any) (?:point|way out|future)|(?:wish|want) (?:i could|to) (?:just )?(?:disappear|not be here)|(?:he|she|my (?:partner|husband|wife|father|mother|boyfriend|girlfriend)) (?:hits|beats|hit|beat|threatens) me|selbstmord|suizid|suicidio)\b",
    re.IGNORECASE,
)


def is_crisis(text: str, listens: bool) -> bool:
    """Whether help is to be named first; `listens` takes the words at their broadest."""
    if (found := _FIRST_PERSON.search(text)) and not _NOT_MEANT.search(
        text[max(0, found.start() - 40) : found.end() + 40]
    ):
        return True
    return listens and _BROAD.search(text) is not None
