"""What is asked about a document: by a `verifier.toml` that names it, or by the `*.inv` files beside it or above it.

In: the path of a document, the folders that an editor has open, what it has of files. Out: what is asked, or nothing.
Guarantee: nothing above those folders is looked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from verifier.checking import question_options
from verifier.configuration.reading import ConfigurationError, find_configuration, read_configuration
from verifier.configuration.settings import Configuration
from verifier.frozen import Frozen
from verifier.inputs.supplied import Supplied
from verifier.invariant_files import SUFFIX, beside
from verifier.lsp.documents import OpenDocument, Texts
from verifier.question import QuestionOptions
from verifier.syntax.diagnostic import InputError


class EditorQuestion(Frozen):
    """What is asked, by the files of invariants that `options` name, and the configuration that asks it, if one
    does."""

    options: QuestionOptions
    settings: Configuration

    def includes(self, path: Path) -> bool:
        """True iff a file is an input, or one of the invariants."""
        return path in self.options.invariants or any(path.is_relative_to(given) for given in self.options.paths)


def question_about(scene: OpenDocument) -> EditorQuestion | None:
    """What is asked about a document; `None` where nothing is."""
    path, texts = scene.path, scene.held
    above = list(_above(path, scene.folders))
    for folder in above:
        settings = _settings(folder, texts)
        if settings is not None and _is_of(path, settings):
            return _with_files(question_options(settings), settings, texts)
    settings = settings_for(scene)
    for folder in above:
        found = beside([folder])
        if found:
            alone = path.suffix != SUFFIX and folder == path.parent
            options = QuestionOptions(
                (path if alone else folder,), found, (), settings.key_arn if alone else None, supplied(settings)
            )
            return _with_files(options, settings, texts)
    return None


def files_in_question(scene: OpenDocument) -> frozenset[Path]:
    """The files that the editor has, and that what is asked about a document is about: its inputs and invariants."""
    context = question_about(scene)
    return frozenset(path for path in scene.held if context is not None and context.includes(path))


def settings_for(scene: OpenDocument) -> Configuration:
    """The configuration nearest to a document: it tells the account, the Region and the parameters of what does not."""
    found = (_settings(folder, scene.held) for folder in _above(scene.path, scene.folders))
    return next((settings for settings in found if settings is not None), Configuration(scene.path, ()))


def supplied(settings: Configuration) -> Supplied:
    """What a configuration says of inputs."""
    return question_options(settings).supplied


def _with_files(options: QuestionOptions, settings: Configuration, texts: Texts) -> EditorQuestion:
    """The question with the paths by which an editor calls files, and the files of invariants beside the input where
    none are named."""
    paths = tuple(map(_plain, options.paths))
    invariants = tuple(map(_plain, options.invariants)) or (() if options.builtins else beside(paths))
    return EditorQuestion(replace(options, paths=paths, invariants=invariants, texts=texts), settings)


def _above(path: Path, folders: Sequence[Path]) -> Iterator[Path]:
    """The folder of a document and those above it, up to one that the editor has open."""
    tops = [folder for folder in folders if path.is_relative_to(folder)]
    for folder in path.parents:
        yield folder
        if not tops or folder in tops:
            return


def _settings(folder: Path, texts: Texts) -> Configuration | None:
    try:
        return read_configuration(find_configuration(folder), texts)
    except ConfigurationError as error:
        return error.read
    except InputError:
        return None


def _is_of(path: Path, settings: Configuration) -> bool:
    if path in (settings.path, *map(_plain, settings.invariants)):
        return True
    return any(path.is_relative_to(named) for named in map(_plain, settings.inputs))


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))
