"""Where a preference holds. It knows contexts, and no belief.

`memory.profile.deriving` finds scopes, `memory.profile.profile` asks which hold, the verbs over the profile say them.
"""

from __future__ import annotations

from dataclasses import dataclass

from memory.profile.context import Context


def family(kind: str) -> str:
    """A reply is a mail: what is learned in one holds in the other."""
    return "mail" if kind == "reply" else kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Empty means any. A topical one holds near the lessons of its topic, which began with the lesson `anchor`."""

    kind: str = ""
    recipient: str = ""
    domain: str = ""
    source: str = ""
    is_topical: bool = False
    anchor: int | None = None

    def admits(self, context: Context) -> bool:
        """Whether a text of this context may lie in it; of a topical one, meaning decides the rest."""
        return (
            self.kind in ("", context.kind, family(context.kind))
            and self.recipient in ("", context.recipient)
            and self.domain in ("", context.domain)
            and self.source in ("", context.source)
        )

    @property
    def narrowness(self) -> int:
        """A reader is narrower than a topic, that than a domain, a source, a kind, everything."""
        if self.recipient:
            return 5
        if self.is_topical:
            return 4
        return 3 if self.domain else 2 if self.source else 1 if self.kind else 0

    @property
    def house(self) -> str:
        """The domain that it lies in, where it lies in one."""
        return self.domain or self.recipient.rpartition("@")[2]

    def covers(self, other: Scope) -> bool:
        """Whether all that lies in the other scope lies in this one."""
        return (
            self.kind in ("", other.kind)
            and self.recipient in ("", other.recipient)
            and self.domain in ("", other.house)
            and self.source in ("", other.source)
            and (not self.is_topical or (other.is_topical and self.anchor == other.anchor))
        )
