"""Who the user is in a workspace, what people are called, and which conversations there are to read.

Names are looked up when they are first met and remembered in the cursor, so that a text reads the same at every poll.
It knows no message. Called by `connectors.slack.connector`, and by what turns messages into items.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import NeedsLogin, TryLater
from connectors.reading.markup import line
from connectors.slack.options import SlackOptions, is_wanted, unmatched
from connectors.slack.web import Absent, Answer, MissingScope, Web

_MOST_NAMES = 300
_MANY = 8
"""More unknown people than these are looked for in the list of all, page by page."""
_PAGE = 200
_MOST_PAGES = 25
NOBODY = "somebody"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A channel ("#general") or a direct message. One with a single person (`user`) is called what they are called."""

    id: str
    name: str
    is_direct: bool
    user: str = ""


@dataclass
class Workspace:
    """`names` are those that are known, by the id of the user; the newest used stand last. `me` is empty where a bot's
    token does not tell who the user is."""

    web: Web
    url: str
    team: str
    me: str
    names: dict[str, str]
    notices: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """The scopes that were found missing."""
    partners: list[str] = field(default_factory=list)
    """Names of those with whom there are direct messages."""

    @classmethod
    def entered(cls, web: Web, options: SlackOptions, kept: Mapping[str, Any]) -> Workspace:
        """Raises: NeedsLogin, TryLater, Misconfigured."""
        said = web.ask(web.client.auth_test)
        try:
            team, user, url = str(said["team_id"]), str(said["user_id"]), str(said["url"]).rstrip("/")
        except KeyError as err:
            raise TryLater("Slack does not say whose the token is; it will be asked again later.") from err
        names = dict(kept.get("names", {})) if kept.get("team") == team else {}
        found = cls(web, url, team, user, names)
        if said.get("bot_id") or options.me:
            found.me = found._user_named(options.me) if options.me else ""
        if not found.me:
            found.notices.append(
                "The token is a bot's, so nothing is known to speak to you: name yourself in me, or take a user's token."
            )
        return found

    def called(self, user_ids: Collection[str]) -> dict[str, str]:
        """What these users are called, each of them."""
        unknown = [user_id for user_id in user_ids if user_id not in self.names]
        if len(unknown) > _MANY:
            wanted = set(unknown)
            for user in self._users():
                if user.get("id") in wanted:
                    self.names[str(user["id"])] = _name_of(user)
        for user_id in unknown:
            if user_id not in self.names:
                self.names[user_id] = self._asked_for(user_id)
        for user_id in user_ids:
            self.names[user_id] = self.names.pop(user_id)
        return {user_id: self.names[user_id] for user_id in user_ids}

    def remembered(self) -> dict[str, str]:
        """The names that are kept until the next poll, those used last."""
        return dict(list(self.names.items())[-_MOST_NAMES:])

    def conversations(self, options: SlackOptions) -> list[Conversation]:
        """Those that the options mean, channels first.

        Raises: NeedsLogin where the token may list none; what it may not list of several kinds is a notice.
        """
        found: list[Conversation] = []
        kinds = [("public_channel", bool(options.channels)), ("private_channel", bool(options.channels))]
        kinds += [("im", bool(options.direct_messages)), ("mpim", bool(options.direct_messages))]
        lacking: list[MissingScope] = []
        for kind, is_asked in kinds:
            if is_asked:
                try:
                    found += self._of_kind(kind, options)
                except MissingScope as err:
                    lacking.append(err)
        if lacking and len(lacking) == sum(is_asked for _, is_asked in kinds):
            raise lacking[0]
        self.notices += [str(err) for err in lacking]
        self.notices += [
            f"There is no channel #{name} that this account is in. Join it, invite the bot there, or correct channels."
            for name in unmatched(options.channels, [one.name.lstrip("#") for one in found if not one.is_direct])
        ]
        if not any(err.scope.startswith(("im:", "mpim:")) for err in lacking):
            self.notices += [
                f"There are no direct messages with {name} yet. If that is a slip, correct direct_messages."
                for name in unmatched(options.direct_messages, self.partners)
            ]
        return found

    def _of_kind(self, kind: str, options: SlackOptions) -> list[Conversation]:
        rows = self.web.pages(
            self.web.client.users_conversations,
            "channels",
            most=_MOST_PAGES,
            types=kind,
            limit=_PAGE,
            exclude_archived=True,
        )
        if kind == "im":
            return self._direct(rows, options)
        found = []
        for row in rows:
            if kind == "mpim":
                people = str(row.get("name", "")).removeprefix("mpdm-").rpartition("-")[0].split("--")
                self.partners += people
                if is_wanted(people, options.direct_messages):
                    found.append(Conversation(str(row["id"]), ", ".join(people), is_direct=True))
            elif is_wanted([str(row.get("name", ""))], options.channels):
                found.append(Conversation(str(row["id"]), f"#{row['name']}", is_direct=False))
        return found

    def _direct(self, rows: Sequence[Answer], options: SlackOptions) -> list[Conversation]:
        of = {str(row["id"]): str(row.get("user", "")) for row in rows if row.get("user") != "USLACKBOT"}
        if set(options.direct_messages) == {"*"}:  # names are met with the messages
            return [Conversation(one, "", is_direct=True, user=user) for one, user in of.items()]
        names = self.called(list(of.values()))
        self.partners += [part for user in of.values() for part in (names[user], *names[user].split())]
        return [
            Conversation(one, "", is_direct=True, user=user)
            for one, user in of.items()
            if is_wanted([names[user], *names[user].split()], options.direct_messages)
        ]

    def _user_named(self, name: str) -> str:
        wanted = name.strip().lstrip("@").casefold()
        for user in self._users():
            profile = user.get("profile") or {}
            known = (user.get("name"), user.get("real_name"), profile.get("display_name"), profile.get("email"))
            if wanted in {str(one).casefold() for one in (*known, user.get("id")) if one}:
                return str(user["id"])
        raise NeedsLogin(f"Nobody in this workspace is called {name!r}. Correct me: your name, handle or member id.")

    def _users(self) -> Iterable[Answer]:
        return self.web.pages(self.web.client.users_list, "members", most=_MOST_PAGES, limit=_PAGE)

    def _asked_for(self, user_id: str) -> str:
        try:
            user = self.web.ask(self.web.client.users_info, user=user_id).get("user")
        except MissingScope as err:
            if err.scope not in self.refused:
                self.notices.append(str(err))
            self.refused.add(err.scope)
            return NOBODY
        except Absent:
            return NOBODY
        return _name_of(user) if isinstance(user, dict) else NOBODY


def _name_of(user: Answer) -> str:
    profile = user.get("profile") or {}
    candidates = (user.get("real_name"), profile.get("real_name"), profile.get("display_name"), user.get("name"))
    return next((line(str(one)) for one in candidates if one and line(str(one))), NOBODY)
