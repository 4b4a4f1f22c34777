"""The language server protocol: what an editor asks, put to the other modules, and their answers in its words.

In: messages on standard input. Out: messages on standard output. Guarantee: a question that takes too long is answered
with nothing, and noted in the editor's log; a fault of the program is reported as such; what is shown of a text is
about that very text, or is not shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from verifier import __version__
from verifier.lsp import proofs, wire
from verifier.lsp.completing import completions
from verifier.lsp.defining import definition, key_place
from verifier.lsp.documents import MOST_CHARACTERS, DocumentKind, OpenDocument, files_in_question
from verifier.lsp.remarks import Remark, remarks_on
from verifier.lsp.wire import TextPositions
from verifier.lsp.words import Hover, hover
from verifier.lsp.worker import NotAnswered, Worker
from verifier.report.notices.notices import NoticeLevel
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable

_T = TypeVar("_T")

_PAUSE = 0.15
"""Seconds without a keystroke before a text is read."""
_READING = 30.0
"""Seconds that reading one document may take."""


class Server:
    """Serves one editor on the standard streams: what is open, what was remarked upon it, and the two processes that
    compute. `seconds` are for the proofs about one document."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._protocol = LanguageServer("verifier", __version__, types.TextDocumentSyncKind.Full)
        self._reading, self._proving = Worker(), Worker()
        self._remarks: dict[str, dict[str, tuple[str, tuple[Remark, ...]]]] = {}
        """What was remarked, by document and what remarks (`read`, `prove`, `lint`), with the text that it is about."""
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._again: set[tuple[str, str]] = set()
        self._verdicts: dict[tuple[object, ...], asyncio.Task[tuple[proofs.KeyVerdict, ...] | str]] = {}
        """What is being asked of invariants, so that it is asked once."""
        on = self._protocol.feature  # which notes something on what it is given, as no method allows
        on(types.TEXT_DOCUMENT_DID_OPEN)(partial(self._look, proofs_too=True))
        on(types.TEXT_DOCUMENT_DID_CHANGE)(partial(self._look, proofs_too=False))
        on(types.TEXT_DOCUMENT_DID_SAVE)(partial(self._look, proofs_too=True))
        on(types.TEXT_DOCUMENT_DID_CLOSE)(partial(self._closed))
        on(types.TEXT_DOCUMENT_HOVER)(partial(self._hover))
        on(types.TEXT_DOCUMENT_DEFINITION)(partial(self._definition))
        on(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[":", '"', "'", "/"]))(
            partial(self._complete)
        )
        kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix], resolve_provider=True)
        on(types.TEXT_DOCUMENT_CODE_ACTION, kinds)(partial(self._actions))
        on(types.CODE_ACTION_RESOLVE)(partial(self._resolved))
        on(types.SHUTDOWN)(partial(self._end))

    def run(self) -> None:
        """Serves until the editor ends it, or goes away."""
        try:
            self._protocol.start_io()
        finally:
            self._end()

    def _end(self, _: object = None) -> None:
        self._reading.end()
        self._proving.end()

    # -- documents --

    def _closed(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self._remarks.pop(uri, None)
        self._protocol.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _scene(self, uri: str) -> OpenDocument | None:
        """A document that is open and a file of ours; `None` for another."""
        documents = self._protocol.workspace.text_documents
        path = wire.path_of(uri)
        if path is None or uri not in documents:
            return None
        root = self._protocol.workspace.root_uri
        opened = [folder.uri for folder in self._protocol.workspace.folders.values()] + ([root] if root else [])
        folders = tuple(folder for folder in map(wire.path_of, opened) if folder is not None)
        named = ((wire.path_of(other), document.source) for other, document in documents.items())
        small = {name: text for name, text in named if name is not None and len(text) <= MOST_CHARACTERS}
        return OpenDocument(path, documents[uri].source, folders, small)

    def _version(self, uri: str) -> int | None:
        document = self._protocol.workspace.text_documents.get(uri)
        return (document.version or 0) if document is not None else None

    def _places(self, text: str) -> TextPositions:
        return TextPositions(text, self._protocol.workspace.position_codec.client_num_units)

    # -- diagnostics --

    def _look(
        self,
        params: types.DidOpenTextDocumentParams | types.DidChangeTextDocumentParams | types.DidSaveTextDocumentParams,
        *,
        proofs_too: bool,
    ) -> None:
        """Begins to read a document, and to prove what is asked about it; once more if that is under way."""
        uri = params.text_document.uri
        self._begin((uri, "read"), lambda: self._read_again(uri))
        if proofs_too:
            self._begin((uri, "prove"), lambda: self._prove_again(uri))

    def _begin(self, key: tuple[str, str], work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if key in self._busy:
            self._again.add(key)
            return

        async def until_done() -> None:
            try:
                while True:
                    self._again.discard(key)
                    try:
                        await work()
                    except Exception as error:  # a fault of the program: no remarks must not look like no errors
                        message = f"internal error ({key[1]} {key[0]}): {type(error).__name__}: {error}"
                        self._say(message, types.MessageType.Error)
                    if key not in self._again:
                        return
            finally:
                self._busy.pop(key, None)

        self._busy[key] = asyncio.get_running_loop().create_task(until_done())

    async def _read_again(self, uri: str) -> None:
        version: int | None = -1
        while version != self._version(uri):  # until the keys are at rest
            version = self._version(uri)
            await asyncio.sleep(_PAUSE)
        scene = self._scene(uri)
        if scene is None:
            return
        try:
            found = await self._reading.run(_READING, remarks_on, scene)
        except NotAnswered as error:
            found = (Remark(NOWHERE, NoticeLevel.NOTE, f"this document could not be read: {error}"),)
        self._publish(uri, "read", scene.text, found)

    async def _prove_again(self, uri: str) -> None:
        scene = self._scene(uri)
        if scene is None or len(scene.text) > MOST_CHARACTERS or scene.kind is DocumentKind.OTHER:
            return
        about = await asyncio.to_thread(files_in_question, scene)
        found: dict[str, tuple[Remark, ...]] = {}
        unknown: tuple[Remark, ...] = ()
        try:
            found = await self._proving.run(self._seconds, proofs.document_verdicts, scene)
        except NotAnswered as error:
            unknown = (Remark(NOWHERE, NoticeLevel.NOTE, f"unknown: {error}", "unknown"),)
        for other in list(self._protocol.workspace.text_documents):
            shown = self._scene(other)
            if shown is not None and (other == uri or shown.path in about):
                self._publish(other, "prove", scene.held.get(shown.path, ""), (*unknown, *found.get(shown.file, ())))
        try:
            linted = await self._proving.run(self._seconds, proofs.linted, scene)
        except NotAnswered as error:
            linted = (Remark(NOWHERE, NoticeLevel.NOTE, f"not linted: {error}", "unknown"),)
        self._publish(uri, "lint", scene.text, linted)

    def _publish(self, uri: str, by: str, text: str, remarks: tuple[Remark, ...]) -> None:
        """Notes what was remarked on a text, and tells the editor all that is known of the one that it has now."""
        if uri not in self._protocol.workspace.text_documents:
            return
        self._remarks.setdefault(uri, {})[by] = text, remarks
        now, remarks_now = self._remarks_on(uri)
        places = self._places(now)
        diagnostics = [wire.diagnostic(places, remark) for remark in remarks_now]
        self._protocol.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, diagnostics, self._version(uri))
        )

    def _remarks_on(self, uri: str) -> tuple[str, list[Remark]]:
        """The text of a document, and what was remarked on it."""
        document = self._protocol.workspace.text_documents.get(uri)
        text = document.source if document is not None else ""
        known = self._remarks.get(uri, {})
        remarks_now: dict[tuple[Span, str], Remark] = {}
        for about, remarks in (known[by] for by in ("read", "lint", "prove") if by in known):
            for remark in remarks if about == text else ():
                remarks_now.setdefault((remark.span, remark.message), remark)
        return text, list(remarks_now.values())

    # -- questions --

    async def _answer(self, uri: str, work: Callable[[OpenDocument], Awaitable[_T]]) -> _T | None:
        """What work says of a document; nothing where it takes too long. The protocol answers faults with an error."""
        scene = self._scene(uri)
        if scene is None or len(scene.text) > MOST_CHARACTERS:
            return None
        try:
            return await work(scene)
        except NotAnswered as error:
            self._protocol.window_log_message(types.LogMessageParams(types.MessageType.Warning, printable(str(error))))
        return None

    async def _hover(self, params: types.HoverParams) -> types.Hover | None:
        async def work(scene: OpenDocument) -> types.Hover | None:
            places = self._places(scene.text)
            found = await asyncio.to_thread(hover, scene, places.offset(params.position))
            if found is None:
                return None
            shown = found.text if found.invariant is None else f"{found.text}\n\n{await self._verdict(scene, found)}"
            return types.Hover(
                types.MarkupContent(types.MarkupKind.Markdown, shown), places.between(found.start, found.end)
            )

        return await self._answer(params.text_document.uri, work)

    async def _verdict(self, scene: OpenDocument, found: Hover) -> str:
        """The verdicts on an invariant in words. What is asked goes on where the editor waits no more."""
        assert found.invariant is not None
        key = (scene.path, found.invariant, tuple(sorted(scene.held.items())))
        if key not in self._verdicts:  # an answer is not kept: files may change of which the editor knows nothing
            asking = self._proving.run(self._seconds, proofs.answers, scene, found.invariant)
            self._verdicts[key] = asyncio.get_running_loop().create_task(asking)
            self._verdicts[key].add_done_callback(lambda _: self._verdicts.pop(key))
        try:
            return wire.verdicts(await asyncio.shield(self._verdicts[key]))
        except NotAnswered as error:
            return wire.unknown(str(error))

    async def _definition(self, params: types.DefinitionParams) -> types.Location | None:
        async def work(scene: OpenDocument) -> types.Location | None:
            offset = self._places(scene.text).offset(params.position)
            found = await asyncio.to_thread(definition, scene, offset)
            if found is None and scene.kind is DocumentKind.INVARIANTS:
                found = await self._reading.run(_READING, key_place, scene, offset)
            return wire.location(found, scene.held, self._places) if found is not None else None

        return await self._answer(params.text_document.uri, work)

    async def _complete(self, params: types.CompletionParams) -> types.CompletionList | None:
        async def work(scene: OpenDocument) -> types.CompletionList:
            places = self._places(scene.text)
            offset = places.offset(params.position)
            offers = await asyncio.to_thread(completions, scene, offset)
            return types.CompletionList(False, [wire.completion(places, offer, offset) for offer in offers])

        return await self._answer(params.text_document.uri, work)

    # -- edits --

    def _actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        text, remarks = self._remarks_on(uri)
        places = self._places(text)
        found: list[types.CodeAction] = []
        for remark in remarks:
            at = places.range(remark.span)
            if wire.before(params.range.end, at.start) or wire.before(at.end, params.range.start):
                continue
            about = [wire.diagnostic(places, remark)]
            for edit in remark.edits:
                whole = wire.changed_document(uri, places, edit)
                found.append(
                    types.CodeAction(edit.title, types.CodeActionKind.QuickFix, about, is_preferred=True, edit=whole)
                )
            if remark.invariant is not None:
                title = f"Make {printable(remark.invariant)!r} hold: the smallest edit of the key policy"
                data = {"uri": uri, "invariant": remark.invariant}
                found.append(types.CodeAction(title, types.CodeActionKind.QuickFix, about, data=data))
        return found

    async def _resolved(self, action: types.CodeAction) -> types.CodeAction:
        """The action with its edit, which is proved only now; without one, and a message that says why."""
        data = action.data if isinstance(action.data, dict) else {}

        async def work(scene: OpenDocument) -> types.WorkspaceEdit | None:
            try:
                found = await self._proving.run(self._seconds, proofs.mended, scene, str(data.get("invariant")))
            except NotAnswered as error:
                found = f"unknown: {error}"
            if isinstance(found, str):
                self._say(found)
                return None
            return wire.changed_document(wire.uri_of(found.path), self._places(found.text), found.edit)

        action.edit = await self._answer(str(data.get("uri")), work)
        return action

    def _say(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self._protocol.window_show_message(types.ShowMessageParams(kind, printable(text)))
