// The grammar as VS Code applies it: vscode-textmate and vscode-oniguruma are its own.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");
const here = new URL("..", import.meta.url);

await oniguruma.loadWASM(await readFile(require.resolve("vscode-oniguruma/release/onig.wasm")));
const registry = new textmate.Registry({
  onigLib: {
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  },
  loadGrammar: async () => textmate.parseRawGrammar(await readFile(new URL("syntaxes/kms-invariants.tmLanguage.json", here), "utf8"), "a.json"),
});
const grammar = await registry.loadGrammar("source.kms-invariants");

/** The last scope of every piece of a text that is not white space, without the name of the language. */
function scopes(text) {
  let state = textmate.INITIAL;
  const found = [];
  for (const line of text.split("\n")) {
    const tokens = grammar.tokenizeLine(line, state);
    state = tokens.ruleStack;
    for (const { startIndex, endIndex, scopes } of tokens.tokens) {
      const piece = line.slice(startIndex, endIndex).trim();
      if (piece) {
        found.push([piece, scopes.at(-1).replace(/\.?kms-invariants$/, "")]);
      }
    }
  }
  return found;
}

test("a sentence", () => {
  // of what is there twice, the first
  const found = new Map(
    scopes('account prod = 111122223333\ninvariant "kept": # why\n  no caller outside prod can kms:Decrypt on alias/logs unless aws:SourceArn = "${aws:x}"').reverse(),
  );
  assert.equal(found.get("prod"), "variable.other.declaration");
  assert.equal(found.get("111122223333"), "constant.numeric.account");
  assert.equal(found.get('"kept"'), "entity.name.function");
  assert.equal(found.get("# why"), "comment.line.number-sign");
  assert.equal(found.get("outside"), "keyword.control");
  assert.equal(found.get("kms:Decrypt"), "support.function");
  assert.equal(found.get("alias/logs"), "entity.name.type");
  assert.equal(found.get("${aws:x}"), "variable.other.policy");
});

test("a name that has a word of the language in it is none", () => {
  assert.deepEqual(scopes("only role/can-all in accounting"), [
    ["only", "keyword.control"],
    ["role/can-all", "entity.name.type"],
    ["in", "keyword.control"],
    ["accounting", "source"],
  ]);
});

test("a string ends with its line", () => {
  assert.deepEqual(scopes('"begun\nno').at(-1), ["no", "keyword.control"]);
});
