"""A real client of `verifier lsp`: the process, spoken to over its standard streams."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 60.0
"""Seconds after which an answer is not waited for any more: a test that hangs fails."""


class Editor:
    """An editor with one folder open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client: Any = LanguageClient("tests", "1")  # it has a method without types
        self.told: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.messages: list[str] = []
        self._news = asyncio.Event()
        self._versions: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._published))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._shown))
        self.client.feature(types.WINDOW_LOG_MESSAGE)(partial(self._shown))

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self.told.setdefault(params.uri, []).append(params)
        self._news.set()

    def _shown(self, params: types.ShowMessageParams | types.LogMessageParams) -> None:
        self.messages.append(params.message)

    async def start(self, *options: str) -> types.InitializeResult:
        await self.client.start_io(sys.executable, "-m", "verifier", "lsp", *options)
        uri = self.folder.as_uri()
        params = types.InitializeParams(
            types.ClientCapabilities(), root_uri=uri, workspace_folders=[types.WorkspaceFolder(uri, "tests")]
        )
        result: types.InitializeResult = await self.client.initialize_async(params)
        self.client.initialized(types.InitializedParams())
        return result

    async def stop(self) -> None:
        await asyncio.wait_for(self.client.shutdown_async(None), PATIENCE)
        self.client.exit(None)
        await asyncio.wait_for(self.client.stop(), PATIENCE)

    # -- documents --

    def open(self, name: str, text: str | None = None) -> str:
        path = self.folder / name
        found = path.read_text("utf-8") if text is None else text
        uri = path.as_uri()
        self._versions[uri], self._texts[uri] = 1, found
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "plaintext", 1, found))
        )
        return uri

    def change(self, uri: str, text: str) -> None:
        self._versions[uri] += 1
        self._texts[uri] = text
        about = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        changes: list[types.TextDocumentContentChangeEvent] = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(about, changes))

    def save(self, uri: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def remarks(self, uri: str, wanted: Callable[[list[str]], bool]) -> list[types.Diagnostic]:
        """The diagnostics of the text as it is, once their messages are as wanted."""
        async with asyncio.timeout(PATIENCE):
            while True:
                last = self.told.get(uri, [])[-1:]
                if (
                    last
                    and last[0].version == self._versions[uri]
                    and wanted([one.message for one in last[0].diagnostics])
                ):
                    return list(last[0].diagnostics)
                self._news.clear()
                await self._news.wait()

    def text(self, uri: str) -> str:
        """The text of a document as it is."""
        return self._texts[uri]

    # -- questions --

    def at(self, uri: str, words: str, shift: int = 0) -> types.Position:
        """The place of the first character of some words, or one so far behind it."""
        text = self._texts[uri]
        offset = text.index(words) + shift
        line = text.count("\n", 0, offset)
        before = text[text.rfind("\n", 0, offset) + 1 : offset]
        return types.Position(line, len(before.encode("utf-16-le")) // 2)

    async def hover(self, uri: str, words: str, shift: int = 0) -> str:
        params = types.HoverParams(types.TextDocumentIdentifier(uri), self.at(uri, words, shift))
        found = await asyncio.wait_for(self.client.text_document_hover_async(params), PATIENCE)
        return found.contents.value if found is not None and isinstance(found.contents, types.MarkupContent) else ""

    async def completions(self, uri: str, words: str, shift: int = 0) -> list[str]:
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), self.at(uri, words, shift))
        found = await asyncio.wait_for(self.client.text_document_completion_async(params), PATIENCE)
        return [item.label for item in found.items] if isinstance(found, types.CompletionList) else []

    async def definition(self, uri: str, words: str, shift: int = 0) -> types.Location | None:
        params = types.DefinitionParams(types.TextDocumentIdentifier(uri), self.at(uri, words, shift))
        found = await asyncio.wait_for(self.client.text_document_definition_async(params), PATIENCE)
        return found if isinstance(found, types.Location) else None

    async def actions(self, uri: str, at: types.Range) -> list[types.CodeAction]:
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), at, types.CodeActionContext([]))
        found = await asyncio.wait_for(self.client.text_document_code_action_async(params), PATIENCE)
        return [action for action in found or [] if isinstance(action, types.CodeAction)]

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        return await asyncio.wait_for(self.client.code_action_resolve_async(action), PATIENCE)

    def with_edit(self, action: types.CodeAction, uri: str) -> str:
        """The text of a document after an action."""
        assert action.edit is not None and action.edit.changes is not None
        lines = self._texts[uri].split("\n")
        text = self._texts[uri]

        def offset(at: types.Position) -> int:
            return sum(len(line) + 1 for line in lines[: at.line]) + at.character

        for edit in sorted(action.edit.changes[uri], key=lambda one: offset(one.range.start), reverse=True):
            text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
        return text


class Running:
    """An editor and its server, for one session after the other."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.editor = Editor(folder)
        self._runner = asyncio.Runner()
        self._runner.run(self.editor.start(*options))

    def session(self, session: Callable[[Editor], Coroutine[None, None, None]]) -> None:
        """Runs one."""
        self._runner.run(session(self.editor))

    def end(self) -> None:
        """Ends the server."""
        self._runner.run(self.editor.stop())
        self._runner.close()
