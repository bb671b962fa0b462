"""The shape of `config.toml`: what the user wants, typed and frozen. `load` reads it, `edit` changes the file.

Each `[[sources]]` table is read in two steps: `SourceSettings` takes the keys that belong to the service, and the rest
goes to the `Options` of its connector.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import tzlocal
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.reading.links import is_web

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def zone_of_this_machine() -> str | None:
    """Its IANA name, `None` where the system does not tell it, or tells two."""
    try:
        return ZoneInfo(tzlocal.get_localzone_name() or "").key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def host_and_port(text: str) -> tuple[str, int]:
    """The two parts of "127.0.0.1:8765" or "[::1]:8765". Raises: ValueError."""
    host, colon, port = text.rpartition(":")
    is_bare_six = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not colon or not host.strip("[]") or is_bare_six or not port.isascii() or not port.isdigit():
        raise ValueError('write a host and a port, such as "127.0.0.1:8765" or "[::1]:8765"')
    if not 1 <= int(port) <= 65535:
        raise ValueError("a port is a number from 1 to 65535")
    return host.strip("[]"), int(port)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UserSettings(_Section):
    name: str = ""
    email: str = ""
    """Where the digest goes, and the only address it ever goes to."""
    timezone: str = Field(default_factory=lambda: zone_of_this_machine() or "UTC")
    language: str = "en"
    """Of headings and of what Telos itself says in the digest: `en`, `de`, `fr`, `es`."""
    interests: tuple[str, ...] = ()
    """Phrases that the ranking starts from, such as "dialogue planning"."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no IANA time zone, such as Europe/Berlin or America/New_York")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class DigestSettings(_Section):
    at: time = time(7, 0)
    days: tuple[Weekday, ...] = WEEKDAYS
    write_minutes: Annotated[float, Field(ge=0, le=60)] = 5.0
    """A language model gets so long to write the entries; what it has not written by then is chosen by extraction."""
    entries: Annotated[int, Field(ge=1, le=50)] = 10
    reading_minutes: Annotated[float, Field(gt=0, le=60)] = 5.0
    """The whole digest is written to be read in so long, at 230 words a minute."""
    unproven_share: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """The share of entries given to items the ranking knows little about, marked as such."""
    per_source_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """No source fills more than this share of the entries while others have something to say."""
    section_share: Annotated[float, Field(gt=0, le=1)] = 0.7
    """No section fills more than this share of the entries while others have something to say."""
    catch_up_hours: Annotated[float, Field(ge=0, le=24)] = 12.0
    """A digest missed by sleep or downtime is still built and sent within so many hours, on its own local day."""
    give_up_hours: Annotated[float, Field(gt=0, le=72)] = 24.0
    """A digest that the mail server does not take is given up after so long, and that is said."""
    max_age_days: Annotated[int, Field(ge=1, le=30)] = 3
    """Nothing published longer ago is shown as new."""

    @field_validator("at", mode="before")
    @classmethod
    def _an_hour_of_the_day(cls, at: object) -> object:
        """Not a number, which would be taken for seconds, nor an hour with a zone: that stands under [user]."""
        if (isinstance(at, str) and not _HOUR.fullmatch(at)) or not isinstance(at, str | time):
            raise ValueError('write hours and minutes of your local day, such as "07:00"')
        return at


class TaskSettings(_Section):
    """What a task has of its own: another model, and ceilings. Empty and `None` mean those of `[model]`; a ceiling of 0
    means none."""

    engine: Literal["extractive", "local", "server"] | None = None
    name: str = ""
    revision: str = ""
    address: str = ""
    api_key: SecretStr | None = None
    api_key_file: str = ""
    embeddings: str = ""
    tokens_a_day: Annotated[int, Field(ge=0)] | None = None
    seconds_a_day: Annotated[float, Field(ge=0)] | None = None


class ModelSettings(_Section):
    engine: Literal["extractive", "local", "server"] = "extractive"
    """`extractive`: no language model. `local`: one on this machine. `server`: one behind an OpenAI-compatible API."""
    name: str = ""
    """Of the model: on the hub, a folder, or as the server calls it."""
    revision: str = "main"
    address: str = ""
    """Of the server, such as "http://127.0.0.1:8000/v1"."""
    api_key: SecretStr | None = None
    api_key_file: str = ""
    embeddings: str = ""
    """Of a server's model: a folder or a name on the hub that its tokenizer and input embeddings are here under. With it
    a server that takes prompts as embeddings (vLLM with --enable-prompt-embeds) is steered."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `cuda:1`."""
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    quantize: Literal["", "int8", "int4"] = ""
    """Weights in fewer bits, by torchao."""
    compile: bool = True
    """On a GPU: a static cache and a compiled decode step."""
    context_tokens: Annotated[int, Field(ge=256)] = 8192
    """Prompt and reply together; what the model was made for where that is less."""
    sessions: Annotated[int, Field(ge=0, le=64)] = 4
    """So many conversations keep their cache between turns."""
    cache_mb: Annotated[int, Field(ge=0)] = 2048
    """And no more memory than this."""
    idle_minutes: Annotated[float, Field(gt=0)] = 10.0
    """The model's process ends after so long without work, and gives its memory back."""
    silence_s: Annotated[float, Field(gt=0, le=3600)] = 120.0
    """A reply of which nothing new came for so long is given up."""
    tokens_a_day: Annotated[int, Field(ge=0)] = 1_000_000
    """Read and written, for each task; 0 means no ceiling."""
    seconds_a_day: Annotated[float, Field(ge=0)] = 7200.0
    """Of the model's time, for each task; 0 means no ceiling."""
    log_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """Prompts and replies are kept for so long, for `telos log`; 0 keeps none."""
    chat: TaskSettings = Field(default_factory=TaskSettings)
    digest: TaskSettings = Field(default_factory=TaskSettings)
    drafts: TaskSettings = Field(default_factory=TaskSettings)


class ChatSettings(_Section):
    playbook: str = "open"
    """The one a conversation begins with when none is named."""
    dialogue_tokens: Annotated[int, Field(ge=200)] = 1600
    """Beyond so many tokens of conversation the older turns become a summary: models drift there."""
    compact_tokens: Annotated[int, Field(ge=100)] = 800
    """What is left of the conversation then, the summary included."""
    reply_tokens: Annotated[int, Field(ge=16)] = 512
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.9
    min_p: Annotated[float, Field(ge=0, le=1)] = 0.0
    repetition_penalty: Annotated[float, Field(ge=1, le=2)] = 1.05
    keep_days: Annotated[int, Field(ge=0)] = 0
    """Conversations older than this are deleted; 0 keeps them."""

    @model_validator(mode="after")
    def _compaction_gains_something(self) -> Self:
        if self.compact_tokens * 4 > self.dialogue_tokens * 3:
            raise ValueError("compact_tokens must be at most three quarters of dialogue_tokens")
        return self


class SteeringSettings(_Section):
    """How conversations with a local model are steered toward their goals, and how the planner learns to."""

    on: bool = True
    """False: nothing is steered, kept for learning, or trained."""
    train_at: time = time(3, 0)
    """A new planner is trained at this hour of the local day, once there is enough to learn from."""
    minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 60.0
    """A training run takes no longer; what is missing is done the next night."""
    memory_mb: Annotated[int, Field(ge=64)] = 2048
    """The transitions it holds at once take no more than this; the newest are learned from."""
    least_transitions: Annotated[int, Field(ge=8)] = 200
    """With fewer that count, nothing is trained, and `telos steer status` says how many are missing."""
    steps: Annotated[int, Field(ge=1)] = 20_000
    """Of learning, in a run; the gate's judges learn for a tenth of that."""
    keep_days: Annotated[int, Field(ge=0)] = 365
    """Transitions older than this are deleted; 0 keeps them."""
    place: Literal["end", "start"] = "end"
    """Where the rows that steer go: just before the reply, which keeps a session's cache, or before the whole prompt."""
    dimension: Annotated[int, Field(ge=2, le=1024)] = 64
    """Of an action."""
    rows: Annotated[int, Field(ge=1, le=16)] = 2
    """So many input embeddings steer a reply."""
    radius: Annotated[float, Field(gt=0, le=16)] = 1.0
    """How long they are, in the model's own mean embeddings."""
    up_mapping: Literal["cloned", "pca"] = "cloned"
    """How an action becomes rows: learnt in cloning, or by the principal directions of the model's embeddings, the quick way."""
    hidden: Annotated[int, Field(ge=8, le=8192)] = 1024
    """How wide the planner's layers are."""
    explore: bool = False
    """Live replies try actions beside the planner's own, so that it learns more; never in sensitive conversations."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.1
    """How far they go, in radians."""
    simulate: bool = False
    """In idle hours the model plays the user with goals like yours; what comes of it counts a quarter."""
    focus: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Below 1 the attention to the instructions is raised by split-softmax with this exponent."""
    anchor: bool = True
    """In a conversation that forgets its instructions they are said again, and attention to them is raised."""

    @field_validator("train_at", mode="before")
    @classmethod
    def _an_hour_of_the_day(cls, at: object) -> object:
        if (isinstance(at, str) and not _HOUR.fullmatch(at)) or not isinstance(at, str | time):
            raise ValueError('write hours and minutes of your local day, such as "03:00"')
        return at


class ApiSettings(_Section):
    tcp: str = ""
    """Such as "127.0.0.1:8765": the API there as well, for programs that cannot use the Unix socket. Off when empty."""
    token: SecretStr | None = None
    token_file: str = ""
    """What they must send as `Authorization: Bearer ...`; at least 16 characters."""


class MemorySettings(_Section):
    embedder: str = "sentence-transformers/all-MiniLM-L6-v2"
    revision: str = "main"
    idle_minutes: Annotated[float, Field(gt=0)] = 10.0
    """The processes of embedder, index and stories end after so long without work, and give their memory back."""
    shorten_days: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=lambda: {"article": 365, "post": 365, "message": 365}
    )
    """By kind of item: a long text that was read so many days ago becomes a summary of its own sentences; 0 or no entry
    leaves it whole. `other` stands for kinds that are not named."""
    keep_days: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=lambda: {"other": 0})
    """By kind of item: what was read so many days ago, and is cited or kept nowhere, is deleted; 0 or no entry keeps it."""

    def shortened_after(self, kind: str) -> int:
        """Days; 0 means never."""
        return self.shorten_days.get(kind, self.shorten_days.get("other", 0))

    def kept_for(self, kind: str) -> int:
        """Days; 0 means for ever."""
        return self.keep_days.get(kind, self.keep_days.get("other", 0))


class MailSettings(_Section):
    via: Literal["smtp", "file", "stdout"] = "file"
    """`file` writes each digest as .eml and .html, and each draft that is sent as .eml, under the home's `outbox/`;
    `stdout` prints them where `telos run` runs."""
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr | None = None
    password_file: str = ""
    login_of: str = ""
    """A mail source with `login = "oauth"`: its login is used here too, instead of a password."""
    sender: str = ""
    """The From address; the user's own address when empty."""
    reply_to: str = ""
    """Where the feedback links of the digest write to; the user's own address when empty."""
    place_drafts: bool = False
    """Drafts of answers are placed in the Drafts folder of the mailbox whose mail they answer."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0


class NetworkSettings(_Section):
    allow_private: tuple[str, ...] = ()
    """Private networks or hosts that sources may reach, such as "192.168.1.10/32". None by default."""
    hosts: dict[str, str] = Field(default_factory=dict)
    """Reach a host elsewhere: `{"export.arxiv.org" = "http://127.0.0.1:8081"}` for a mirror or a test."""

    @field_validator("hosts")
    @classmethod
    def _addresses(cls, hosts: dict[str, str]) -> dict[str, str]:
        for host, base in hosts.items():
            if not is_web(base):
                raise ValueError(f"{host} is sent to {base!r}, which is no address such as http://127.0.0.1:8081")
        return hosts


class SourceSettings(_Section):
    """The keys of a `[[sources]]` table that belong to the service."""

    name: str
    kind: str
    paused: bool = False
    full_text: bool = False
    """Fetch each item's page and keep the article's text."""
    poll_minutes: Annotated[float, Field(ge=1)] | None = None
    """Instead of the connector's own rhythm."""
    section: str = ""
    """The digest's section for its items; by the kind of item when empty."""
    options: Any = None
    """The connector's own `Options`, validated."""


class Settings(_Section):
    """The whole file."""

    user: UserSettings = Field(default_factory=UserSettings)
    digest: DigestSettings = Field(default_factory=DigestSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    memory: MemorySettings = Field(default_factory=MemorySettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    chat: ChatSettings = Field(default_factory=ChatSettings)
    steering: SteeringSettings = Field(default_factory=SteeringSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    sources: tuple[SourceSettings, ...] = ()

    def source(self, name: str) -> SourceSettings | None:
        return next((source for source in self.sources if source.name == name), None)

    @property
    def mailboxes(self) -> tuple[SourceSettings, ...]:
        """The mailboxes that are read."""
        return tuple(source for source in self.sources if source.kind == "mail" and not source.paused)
