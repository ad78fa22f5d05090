"""The file of an agent as it travels: its models lie beside it, its state and its passwords where the device has them.

On a device the folder of a version is two below the root that all versions share, and is where the agent runs. So the
state is at `../../state`, and credentials are at `../../secrets`, where the desk copies them: a bundle has none.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from edgewright.agent import Privacy, Settings, read_settings
from edgewright.deploy.packing import toml_values
from edgewright.deploy.packing.contents import model_paths, plain_name
from edgewright.deploy.packing.needs import extras_of_models, extras_of_settings
from edgewright.deploy.packing.toml_values import line_of, quoted, replaced, values_in
from edgewright.errors import UsageError
from edgewright.model import ModelFile, read_model

STATE, SECRETS = "../../state", "../../secrets"

_FACE, _FACE_DETECTOR = "face", "face_detector"
_MAIN: toml_values.Path = ("model",)
_THEN: toml_values.Path = ("then",)
_DETECTOR: toml_values.Path = ("privacy", "model")
# Which options go with which model.
_OPTIONS: Mapping[toml_values.Path, toml_values.Path] = {
    _MAIN: ("options",), _THEN: ("then_options",), _DETECTOR: ("privacy", "options"),
}  # fmt: skip
_FILES = ("video", "folder", "sound")
_SECRET = ("sinks", "source", "fleet", "updates")
_OF_CREDENTIALS = ("ca", "certificate", "key")


@dataclass(frozen=True)
class PackedSettings:
    """What an agent's file takes along.

    `text` is the file for the device; `models` by their paths in the bundle, those `unasked` of which the desk cannot
    know what they answer; `files` others; `extras` of Edgewright. `secrets`: contents of the files that are to lie in
    the folder `secrets` of the device, readable to its user alone, by their names; they are in no bundle.
    """

    text: str
    models: Mapping[str, ModelFile]
    unasked: frozenset[str]
    files: Mapping[str, bytes]
    extras: frozenset[str]
    secrets: Mapping[str, bytes] = field(repr=False)


def pack_settings(path: Path) -> PackedSettings:
    """Read an agent's file as the agent does, and make it one for a device.

    Paths of sources are the device's and absolute; nothing need be there at the desk.

    Raises `UsageError` with the line of what is wrong, and what reading a model raises.
    """
    settings = read_settings(path, elsewhere=True)
    text = path.read_bytes().decode()
    told, given, models = tomllib.loads(text), _Paths(path, text), _models(settings)
    given.refuse_what_stays()
    places = model_paths(models.values())
    labels, secrets = given.labels(), given.secrets()
    edits = {where: places[model.sha256] for where, model in models.items()}
    edits |= {where: file for where, (file, _) in labels.items()}
    edits |= {where: f"{SECRETS}/{name}" for where, (name, _) in secrets.items()}
    edits |= given.sinks() | {("state",): STATE}
    return PackedSettings(
        _rewritten(text, told, edits),
        {places[model.sha256]: model for model in models.values()},
        frozenset(places[model.sha256] for where, model in models.items() if given.has_delegates(where)),
        dict(labels.values()),
        frozenset(extras_of_settings(told) | extras_of_models(models.values())),
        {name: content for _, contents in secrets.values() for name, content in contents.items()},
    )


def _models(settings: Settings) -> dict[toml_values.Path, ModelFile]:
    """The models by where they are named."""
    models: dict[toml_values.Path, ModelFile] = {_MAIN: read_model(settings.model)}
    if settings.then is not None:
        models[_THEN] = read_model(settings.then)
    if (detector := _detector(settings.privacy, models[_MAIN])) is not None:
        models[_DETECTOR] = read_model(detector)
    return models


def _detector(privacy: Privacy, main: ModelFile) -> Any:
    """The model that finds what is blurred: the one that is named, or for faces the usual one, as the agent has it."""
    known = {label for output in main.metadata.outputs for label in output.labels}
    if privacy.model is not None or _FACE not in privacy.blur or _FACE in known:
        return privacy.model
    return _FACE_DETECTOR


def _rewritten(text: str, told: Mapping[str, Any], edits: Mapping[toml_values.Path, str]) -> str:
    """The text with these values; those that are not there stand before all others, or before what is blurred."""
    there = {value.path: value for value in values_in(text)}
    written = replaced(text, {path: value for path, value in edits.items() if path in there})
    if _DETECTOR in edits and _DETECTOR not in there:
        written = _with_detector(written, edits[_DETECTOR])
    if ("state",) not in there:
        written = f"state = {quoted(STATE)}\n{written}"
    if tomllib.loads(written) != _changed(told, edits):
        raise UsageError("the agent's file is written in a way that cannot be packed", remedy="Write one value a line")
    return written


def _with_detector(text: str, model: str) -> str:
    (blur,) = [value for value in values_in(text) if value.path == ("privacy", "blur")]
    key = text[blur.key : blur.start].rpartition("=")[0].rstrip()
    line = text.rfind("\n", 0, blur.key) + 1
    end = f"\n{text[line : blur.key]}" if not text[line : blur.key].strip() else ", "
    return f"{text[: blur.key]}{key[: key.rindex('blur')]}model = {quoted(model)}{end}{text[blur.key :]}"


def _changed(told: Mapping[str, Any], edits: Mapping[toml_values.Path, str]) -> Any:
    """What the file is to say: what it said, but for these values."""
    changed = copy.deepcopy(told)
    for path, value in edits.items():
        table: Any = changed
        for name in path[:-1]:
            table = table[name]
        table[path[-1]] = value
    return changed


class _Paths:
    """The paths in an agent's file, each with its place in the text."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.told = tomllib.loads(text)
        self.placed = values_in(text)

    def refuse_what_stays(self) -> None:
        """Raise `UsageError` for a password in the file, and for a source that is here and not on the device."""
        for value in self.placed:
            kind = value.path[-1] if value.path[0] == "source" else ""
            said = self._said(value)
            if kind in _FILES and not Path(str(said)).is_absolute():
                self._fail(value, f"{kind}: {said!r} is a path on the device, so it begins with /")
            if kind == "stream" and isinstance(said, str) and urlsplit(said).password is not None:
                self._fail(value, "stream: a bundle holds no passwords. Put it into a file that credentials names")

    def labels(self) -> dict[toml_values.Path, tuple[str, bytes]]:
        """Files of labels: where each is named -> its path in the bundle, and its content."""
        told = {(*options, "labels"): self._table(options).get("labels") for options in _OPTIONS.values()}
        files = {where: self._beside(Path(named)) for where, named in told.items() if isinstance(named, str)}
        names = _names(files.values(), "labels.txt")
        return {where: (f"model/{names[file]}", self._read(where, file)) for where, file in files.items()}

    def sinks(self) -> dict[toml_values.Path, str]:
        """Files that events go to: those beside the file are to be beside the state, which outlives a version."""
        sinks = [str(sink["send"]) for sink in self.told.get("sinks", ())]
        told = {
            number: Path(send.removeprefix("file:")) for number, send in enumerate(sinks) if send.startswith("file:")
        }
        files = {number: file for number, file in told.items() if not file.is_absolute()}
        names = _names(files.values(), "events.jsonl", plain=lambda file: file.name)
        return {("sinks", number, "send"): f"file:{STATE}/{names[file]}" for number, file in files.items()}

    def secrets(self) -> dict[toml_values.Path, tuple[str, dict[str, bytes]]]:
        """Credentials: where each is named -> its name on the device, and the contents of it and of what it names."""
        named = [value for value in self.placed if value.path[0] in _SECRET and value.path[-1] == "credentials"]
        files = {value.path: self.path.absolute().parent / str(self._said(value)) for value in named}
        names = _names(files.values(), "credentials.toml")
        return {where: (names[file], self._secret(file, names[file])) for where, file in files.items()}

    def has_delegates(self, model: toml_values.Path) -> bool:
        """Whether a delegate runs a model, which only the device has: then the desk cannot know what it answers."""
        return bool(self._table(_OPTIONS[model]).get("delegates"))

    def _table(self, path: toml_values.Path) -> Mapping[str, Any]:
        """The table there; an empty one where there is none."""
        found: Any = self.told
        for name in path:
            found = found.get(name, {})
        return found if isinstance(found, Mapping) else {}

    def _secret(self, file: Path, name: str) -> dict[str, bytes]:
        """The content of a file of credentials, and of the certificates that it names."""
        text = file.read_bytes().decode()
        beside = {key: Path(value) for key, value in tomllib.loads(text).items() if key in _OF_CREDENTIALS}
        here = {key: certificate for key, certificate in beside.items() if certificate.is_file()}
        names = {file: f"{name}-{own}" for file, own in _names(here.values(), "certificate.pem").items()}
        changed = replaced(text, {(key,): f"{SECRETS}/{names[file]}" for key, file in here.items()})
        return {name: changed.encode(), **{names[file]: file.read_bytes() for file in here.values()}}

    def _said(self, value: toml_values.Placed) -> Any:
        found: Any = self.told
        for name in value.path:
            found = found[name]
        return found

    def _beside(self, file: Path) -> Path:
        """The file beside the agent's own, if it is there; the agent looks for it in the same order."""
        beside = self.path.absolute().parent / file
        return beside if beside.exists() else file

    def _read(self, where: toml_values.Path, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            (value,) = [value for value in self.placed if value.path == where]
            self._fail(value, f"labels: {file} cannot be read: {error.strerror}")

    def _fail(self, value: toml_values.Placed, reason: str) -> NoReturn:
        raise UsageError(f"{self.path}, line {line_of(self.text, value.start)}: {reason}")


def _names(files: Iterable[Path], otherwise: str, plain: Callable[[Path], str] | None = None) -> dict[Path, str]:
    """A name of its own for each file, also where capitals make no difference; that of the file, as `plain` has it."""
    names: dict[Path, str] = {}
    for file in files:
        own = plain(file) if plain else plain_name(file.name, otherwise)
        if file not in names:
            taken = {name.lower() for name in names.values()}
            names[file] = next(name for name in _numbered(own) if name.lower() not in taken)
    return names


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{number}-{name}" for number in range(2, 1_000))
