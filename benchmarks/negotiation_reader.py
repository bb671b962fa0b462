"""Readers of a negotiation: which split do these words agree on? Trained on the human dialogues, shared by both sides.

Both look at the whole talk at once and at the counts, never at the values, and choose jointly among the feasible splits
and no deal. `Recurrent` reads word by word in both directions; `Convolutional` knows phrases, is seeded apart and never
seen in training, so that one's mistakes are not the other's. `negotiation` scores games with them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.negotiation_data import Dialogue, Split, Triple, feasible, permuted, permuted_words

LONGEST = 200
"""Words of a talk that are read: its end, where it has more."""
MOST = 10
"""Of one kind of item there are fewer."""
HEADS = 4
DILATIONS = (1, 2, 4, 8, 1)
TURNS = 12
"""Turns ago that are told apart."""
Turns = Sequence[tuple[bool, str]]


@dataclass(frozen=True, slots=True)
class Talk:
    """What a reader is shown: the counts, and who said what (True: the side whose split is asked for)."""

    counts: Triple
    turns: tuple[tuple[bool, str], ...]

    def turned(self) -> Talk:
        """The same talk, asked for the other side."""
        return Talk(self.counts, tuple((not mine, said) for mine, said in self.turns))


class Words:
    """The words a reader knows: those said at least `least` times."""

    END = 2

    def __init__(self, talks: Iterable[Turns], least: int = 3) -> None:
        seen = Counter(word for turns in talks for _, said in turns for word in said.split())
        self.known = ["<pad>", "<unknown>", "<end>", *sorted(word for word, times in seen.items() if times >= least)]
        self._ids = {word: place for place, word in enumerate(self.known)}

    @classmethod
    def of(cls, known: Sequence[str]) -> Words:
        """Those of a reader that was kept."""
        words = cls(())
        words.known, words._ids = list(known), {word: place for place, word in enumerate(known)}
        return words

    def ids(self, said: str) -> list[int]:
        return [self._ids.get(word, 1) for word in said.split()] + [self.END]


class Recurrent(nn.Module):  # type: ignore[misc]  # torch is not read by the type checker
    """Two directions of gated recurrence over the words."""

    def __init__(self, words: int, width: int = 128, dropout: float = 0.3) -> None:
        super().__init__()
        self.words, self.who = nn.Embedding(words, width), nn.Embedding(2, 32)
        self.table = nn.Embedding(3 * MOST, 32)
        self.drop = nn.Dropout(dropout)
        self.rows = nn.GRU(width + 32 + 96, width, num_layers=2, bidirectional=True, batch_first=True, dropout=dropout)
        self.judged = Judged(2 * width, width, dropout)

    def forward(self, ids: Tensor, who: Tensor, counts: Tensor, shares: Tensor) -> Tensor:
        """(n, words), the same, (n, 3), (n, candidates, 3) -> scores (n, candidates + 1), no deal last."""
        table = self.table(counts + MOST * torch.arange(3, device=counts.device)).flatten(1)
        table = table[:, None].expand(-1, ids.shape[1], -1)
        words = self.drop(torch.cat([self.words(ids), self.who(who), table], dim=-1))
        lengths = (ids != 0).sum(1)
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.rows(packed)[0], batch_first=True, total_length=ids.shape[1])
        scores: Tensor = self.judged(read, ids == 0, counts, shares)
        return scores


class Convolutional(nn.Module):  # type: ignore[misc]
    """Phrases: convolutions over ever wider stretches of words, which know how many turns ago they were said."""

    def __init__(self, words: int, width: int = 192, dropout: float = 0.3) -> None:
        super().__init__()
        self.words, self.who, self.ago = nn.Embedding(words, width), nn.Embedding(2, width), nn.Embedding(TURNS, width)
        self.drop = nn.Dropout(dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in DILATIONS)
        self.stretches = nn.ModuleList(nn.Conv1d(width, 2 * width, 3, padding=one, dilation=one) for one in DILATIONS)
        self.judged = Judged(width, width // 2, dropout)

    def forward(self, ids: Tensor, who: Tensor, counts: Tensor, shares: Tensor) -> Tensor:
        """As `Recurrent`."""
        ends = (ids == Words.END).long()
        ago = (ends.flip(1).cumsum(1).flip(1) - 1).clamp(0, TURNS - 1)
        read = self.drop(self.words(ids) + self.who(who) + self.ago(ago))
        for norm, stretch in zip(self.norms, self.stretches, strict=True):
            blank = norm(read).masked_fill((ids == 0)[..., None], 0.0)
            read = read + self.drop(functional.glu(stretch(blank.transpose(1, 2)), dim=1).transpose(1, 2))
        scores: Tensor = self.judged(read, ids == 0, counts, shares)
        return scores


class Judged(nn.Module):  # type: ignore[misc]
    """From what was read to the scores of the feasible splits: each item asks the words for itself, and a split is worth
    what its share of each item is worth, and something for the whole of it."""

    def __init__(self, read: int, width: int, dropout: float) -> None:
        super().__init__()
        self.asks = nn.Parameter(torch.randn(4, HEADS, read) / read**0.5)
        self.drop = nn.Dropout(dropout)
        self.gets = nn.Embedding(3 * MOST * MOST, width)
        self.share = nn.Sequential(
            nn.Linear(HEADS * read + width, 2 * width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(2 * width, 1)
        )
        self.whole = nn.Sequential(nn.Linear(HEADS * read, width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(width, 64))
        self.together = nn.Parameter(torch.randn(3, MOST, MOST, 64) * 0.3)
        self.mixed = nn.Sequential(nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 64))
        self.no_deal = nn.Parameter(torch.randn(64) * 0.3)

    def forward(self, read: Tensor, is_padding: Tensor, counts: Tensor, shares: Tensor) -> Tensor:
        """(n, words, read), (n, words), (n, 3), (n, candidates, 3) -> (n, candidates + 1)."""
        items = torch.arange(3, device=counts.device)
        heed = torch.einsum("nwd,ihd->nwih", read, self.asks).masked_fill(is_padding[..., None, None], -torch.inf)
        pooled = self.drop(torch.einsum("nwih,nwd->nihd", heed.softmax(dim=1), read).flatten(2))
        kinds = (items[None, :, None] * MOST + counts[:, :, None]) * MOST + torch.arange(MOST, device=counts.device)
        seen = torch.cat([pooled[:, :3, None].expand(-1, -1, MOST, -1), self.gets(kinds)], dim=-1)
        each = self.share(seen)[..., 0].transpose(1, 2)
        sums = each.gather(1, shares).sum(-1)
        rows = sum(self.together[item][shares[..., item], counts[:, None, item]] for item in range(3))
        choices = torch.cat([self.mixed(rows), self.no_deal.expand(len(shares), 1, -1)], dim=1)
        return torch.einsum("nd,ncd->nc", self.whole(pooled[:, 3]), choices) + functional.pad(sums, (0, 1))


@dataclass(frozen=True, slots=True)
class Reader:
    """A trained network with its words."""

    network: nn.Module
    words: Words

    def probabilities(self, talks: Sequence[Talk], batch: int = 256) -> list[np.ndarray]:
        """For each talk, the chance of each feasible split, in the order of `feasible`, no deal last.

        Both sides' readings are averaged as logarithms: what it names is one split, whoever asks.
        """
        found: list[np.ndarray] = [np.zeros(0)] * len(talks)
        self.network.eval()
        order = sorted(range(len(talks)), key=lambda place: sum(len(said) for _, said in talks[place].turns))
        with torch.no_grad():
            for start in range(0, len(order), batch):
                places = order[start : start + batch]
                chosen = [talks[place] for place in places]
                scores = self.network(*collated(self.words, chosen)[:4]).log_softmax(-1)
                turned = self.network(*collated(self.words, [talk.turned() for talk in chosen])[:4]).log_softmax(-1)
                for row, place in enumerate(places):
                    size = len(feasible(talks[place].counts))
                    mine, theirs = scores[row, :size], turned[row, :size].flip(0)  # the order mirrors the shares
                    both = torch.cat([mine + theirs, (scores[row, -1] + turned[row, -1])[None]])
                    found[place] = (both / 2).softmax(0).double().numpy()
        return found

    def splits(self, talks: Sequence[Talk]) -> list[Split]:
        """The likeliest reading of each talk, for the first side."""
        return [named(talk.counts, chances) for talk, chances in zip(talks, self.probabilities(talks), strict=True)]


def named(counts: Triple, chances: np.ndarray) -> Split:
    """The likeliest of the splits and no deal."""
    best, splits = int(chances.argmax()), feasible(counts)
    return None if best == len(splits) else splits[best]


def collated(words: Words, talks: Sequence[Talk], splits: Sequence[Split] | None = None) -> tuple[Tensor, ...]:
    """(ids, who, counts, shares, exists, target), rows padded on the right. The last candidate is no deal; those of a
    talk with fewer than the others repeat the first one, and do not exist."""
    rows = [_row(words, talk) for talk in talks]
    longest = max(len(ids) for ids, _ in rows)
    most = max(len(feasible(talk.counts)) for talk in talks)
    ids, who = torch.zeros(len(rows), longest, dtype=torch.long), torch.zeros(len(rows), longest, dtype=torch.long)
    shares = torch.zeros(len(rows), most, 3, dtype=torch.long)
    target = torch.zeros(len(rows), dtype=torch.long)
    for n, (talk, (row, said_by)) in enumerate(zip(talks, rows, strict=True)):
        ids[n, : len(row)], who[n, : len(row)] = torch.tensor(row), torch.tensor(said_by)
        choices = feasible(talk.counts)
        shares[n, : len(choices)] = torch.tensor(choices)
        if splits is not None:
            split = splits[n]
            target[n] = most if split is None else choices.index(split)
    counts = torch.tensor([talk.counts for talk in talks])
    exists = torch.tensor([[k < len(feasible(talk.counts)) or k == most for k in range(most + 1)] for talk in talks])
    return ids, who, counts, shares, exists, target


def trained(
    make: Callable[[int], nn.Module],
    dialogues: Sequence[Dialogue],
    *,
    seed: int,
    epochs: int,
    on_epoch: Callable[[int, float], None],
) -> Reader:
    """A reader of its own seed; the kinds of items change places at random, with their words, so that six dialogues are
    made of one.

    A talk whose two selections disagree was no deal: without those a reader takes every claim before the end for agreed,
    and a planner learns to claim and end.
    """
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    known = [one for one in dialogues if one.ending != "disconnect"]
    words = Words(one.turns for one in known)
    network = make(len(words.known))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.02)
    batch, orders = 64, list(permutations(range(3)))
    steps = epochs * (len(known) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.2e-3, total_steps=steps + 1, pct_start=0.1)
    for epoch in range(epochs):
        network.train()
        lost = 0.0
        for places in _batches(known, batch, chance):
            mixed = [_permuted(known[place], orders[chance.integers(6)]) for place in places]
            *seen, exists, target = collated(words, [talk for talk, _ in mixed], [split for _, split in mixed])
            scores = network(*seen).masked_fill(~exists, -1e4)
            loss = functional.cross_entropy(scores, target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            lost += float(loss.detach())
        on_epoch(epoch, lost / (len(known) // batch))
    return Reader(network.eval(), words)


def keep(reader: Reader, path: Path) -> None:
    """Weights and words, in one safetensors file."""
    save_file(reader.network.state_dict(), path, metadata={"words": json.dumps(reader.words.known)})


def loaded(make: Callable[[int], nn.Module], path: Path) -> Reader:
    """What `keep` wrote."""
    with safe_open(path, "pt") as file:
        known = json.loads(file.metadata()["words"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    network = make(len(known))
    network.load_state_dict(tensors)
    return Reader(network.eval(), Words.of(known))


def exact(reader: Reader, dialogues: Sequence[Dialogue]) -> float:
    """The share of human dialogues whose split it names exactly: those whose two selections agree, and no deals."""
    known = [one for one in dialogues if one.ending in ("agree", "no_deal")]
    read = reader.splits([Talk(one.pair.counts, one.turns) for one in known])
    return sum(split == one.split for split, one in zip(read, known, strict=True)) / len(known)


def _row(words: Words, talk: Talk) -> tuple[list[int], list[int]]:
    ids: list[int] = []
    who: list[int] = []
    for mine, said in talk.turns:
        turn = words.ids(said)
        ids += turn
        who += [int(mine)] * len(turn)
    return ids[-LONGEST:] or [2], who[-LONGEST:] or [0]


def _batches(known: Sequence[Dialogue], size: int, chance: np.random.Generator) -> list[np.ndarray]:
    """Dialogues of like length together, in an order of chance."""
    length = np.array([sum(len(said) for _, said in one.turns) for one in known])
    order = np.argsort(length + chance.uniform(0, 40, len(known)))
    whole = [order[start : start + size] for start in range(0, len(order) - size + 1, size)]
    return [whole[place] for place in chance.permutation(len(whole))]


def _permuted(dialogue: Dialogue, order: tuple[int, ...]) -> tuple[Talk, Split]:
    """The same talk where item n has become item `order[n]`, in words and numbers."""
    turns = tuple((mine, permuted_words(said, order)) for mine, said in dialogue.turns)
    counts = permuted(dialogue.pair.counts, order)
    agreed = dialogue.split if dialogue.ending == "agree" else None
    return Talk(counts, turns), None if agreed is None else permuted(agreed, order)
