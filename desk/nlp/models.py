"""The desk's text models, loaded once and late: what readings and vectors come from, and what is said of them."""

from __future__ import annotations

import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np

from desk.nlp import hashing
from desk.nlp.encoding import Encoder, Floats, NoModel, Reading, clean, read
from desk.nlp.folder import Folder
from desk.nlp.folder import check as check_folder
from desk.nlp.folder import digest as folder_digest
from desk.nlp.minilm import NAME, Files, MiniLM, give_back

log = logging.getLogger(__name__)

TOKENS = 256
SHIPPED, WITHOUT = "shipped", "without"  # names of models that are no folder's
LONGEST_NAME = 100
REMEMBERED = 512  # readings of recent texts: the bot and the frustration head ask for the same one within a second
BIG = 500  # characters in one call after which the memory they took is given back: 50 MB for a mail of a page


@dataclass(frozen=True, slots=True)
class Status:
    """Which model there is, whether it can be used, and a sentence about it."""

    name: str
    ready: bool
    detail: str


class _Known(NamedTuple):
    mean: Floats
    norm: float
    peak: Floats
    own: Floats


class Models:
    """The embedding model of one desk; every method is safe in any thread, and the first use loads it.

    `folder` names a local Hugging Face folder, which needs the extra `[torch]`; without it the shipped model is used.
    `tokens` is where a text is cut. `beside` is a folder with further models' folders, which can be tried.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        tokens: int = TOKENS,
        files: Files | None = None,
        beside: Path | None = None,
    ) -> None:
        self._folder, self._beside = folder, beside
        self._files = files or Files.shipped()
        self._tokens = tokens
        self._loading = Lock()
        self._encoder: Encoder | None = None
        self._why_not = ""
        self._checked = False
        self._recent: OrderedDict[str, _Known] = OrderedDict()
        self._remembering = Lock()

    @property
    def name(self) -> str:
        return self._folder.name if self._folder else NAME

    @property
    def key(self) -> str:
        """What must be equal for two vectors to be comparable: kept beside everything that is fitted on vectors."""
        if not self.status.ready:
            return f"hashed-{hashing.DIMENSION}"
        return f"folder-{folder_digest(self._folder)}" if self._folder else f"onnx-{self._files.model_sha256}"

    @property
    def dimension(self) -> int:
        """How wide the vectors of `embed` are."""
        try:
            return self._load().dimension
        except NoModel:
            return hashing.DIMENSION

    @property
    def status(self) -> Status:
        """What there is, without loading it: files are looked at once, by their digests (0.1 s), and never again."""
        if self._encoder is not None:
            return Status(self.name, True, "Loaded.")
        if not self._checked and not self._why_not:
            try:
                if self._folder:
                    check_folder(self._folder)
                else:
                    self._files.check()
            except NoModel as error:
                self._give_up(str(error))
            self._checked = True
        if self._why_not:
            return Status(self.name, False, self._why_not)
        return Status(self.name, True, "Its files are in place; it is loaded when it is first needed.")

    def others(self) -> tuple[str, ...]:
        """What can be tried instead of this model: SHIPPED, WITHOUT, and the folders that lie in `beside`, by name."""
        ours = (SHIPPED,) if self._folder else ()
        try:
            there = sorted(one for one in (self._beside.iterdir() if self._beside else ()) if one != self._folder)
        except OSError:
            there = []
        named = (one.name for one in there if len(one.name) <= LONGEST_NAME and (one / "config.json").is_file())
        return (*ours, WITHOUT, *(name for name in named if name not in (SHIPPED, WITHOUT)))

    def other(self, name: str) -> Models:
        """One of `others`, not loaded yet. Raises LookupError."""
        if name not in self.others():
            raise LookupError(f"There is no model {name}.")
        if name == WITHOUT:
            return Without()
        return Models(self._beside / name if self._beside and name != SHIPPED else None, tokens=self._tokens)

    def warm(self) -> Status:
        """Loads the model now, for who does not want the first message to wait; the status says how it went."""
        with contextlib.suppress(NoModel):
            self._load()
        return self.status

    def read(self, texts: Sequence[str]) -> Reading:
        """Mean, norm and peak of each text from one pass. Raises NoModel."""
        known = self._know(texts)
        width = self._load().dimension
        return Reading(
            np.array([each.mean for each in known], dtype=np.float32).reshape(len(known), width),
            np.array([each.norm for each in known], dtype=np.float32),
            np.array([each.peak for each in known], dtype=np.float32).reshape(len(known), width),
        )

    def embed(self, texts: Sequence[str]) -> Floats:
        """A vector of length 1 for each text, [n, d], to compare by cosine; costs nothing after `read`.

        The model's, of the text's own tokens without the marks at both ends; hashed n-grams where there is no model.
        """
        try:
            known = self._know(texts)
            return np.array([each.own for each in known], dtype=np.float32).reshape(len(known), self._load().dimension)
        except NoModel:
            return hashing.embed(texts)

    def pieces(self, texts: Sequence[str]) -> float:
        """How many tokens the model takes a word apart into, on average: 1.1 in English, 1.7 and more in what it never
        learned. Without a model, which knows no language at all, 2.
        """
        try:
            return self._load().pieces([hashing.plain(text) for text in texts])
        except NoModel:
            return 2.0

    def _know(self, texts: Sequence[str]) -> list[_Known]:
        encoder = self._load()
        cleaned = [clean(text) for text in texts]
        known = self._recall(cleaned)
        new = list(dict.fromkeys(text for text in cleaned if text not in known))
        if new:
            fresh, own = read(encoder, new)
            for place, text in enumerate(new):
                known[text] = _Known(
                    fresh.mean[place].copy(), float(fresh.norm[place]), fresh.peak[place].copy(), own[place].copy()
                )  # copies, because a view of one text would keep the arrays of all
            self._remember({text: known[text] for text in new[-REMEMBERED:]})
        if sum(map(len, new)) >= BIG:
            give_back()
        return [known[text] for text in cleaned]

    def _load(self) -> Encoder:
        if self._encoder is not None:
            return self._encoder
        with self._loading:
            if self._encoder is None:
                if self._why_not:
                    raise NoModel(self._why_not)
                make: Callable[[], Encoder] = self._from_folder if self._folder else self._shipped
                try:
                    self._encoder = make()
                except NoModel as error:
                    self._give_up(str(error))
                    raise
            return self._encoder

    def _shipped(self) -> Encoder:
        return MiniLM(self._files, self._tokens)

    def _from_folder(self) -> Encoder:
        assert self._folder is not None
        return Folder(self._folder, self._tokens)

    def _give_up(self, why: str) -> None:
        if not self._why_not:
            log.warning("%s Answers are found by letters and words alone until that is mended.", why)
        self._why_not = why

    def _recall(self, texts: Sequence[str]) -> dict[str, _Known]:
        with self._remembering:
            found = {text: self._recent[text] for text in texts if text in self._recent}
            for text in found:
                self._recent.move_to_end(text)
            return found

    def _remember(self, readings: dict[str, _Known]) -> None:
        with self._remembering:
            self._recent.update(readings)
            while len(self._recent) > REMEMBERED:
                self._recent.popitem(last=False)


class Without(Models):
    """No model, on purpose: for what must be quick and needs none, such as playing a history of months."""

    def __init__(self) -> None:
        super().__init__()
        self._why_not = "This part of the desk works without the language model."
