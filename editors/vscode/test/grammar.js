// Tokenizes policies with the engine of the editor, and holds the scopes to what is expected.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const root = path.join(__dirname, "..");
const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer;

const registry = new textmate.Registry({
  onigLib: oniguruma.loadWASM(wasm).then(() => ({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  })),
  loadGrammar: async (scope) => {
    const file = path.join(root, "syntaxes/placet.tmLanguage.json");
    return scope === "source.placet"
      ? textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file)
      : null;
  },
});

// A line, and the scope that each of some words in it has.
const EXPECTED = [
  ["/// Read and sort.", { "Read": "comment.line.documentation" }],
  ["grant read-notes {", { "grant": "keyword.control.effect", "read-notes": "entity.name.function.rule" }],
  ["deny \"no mail\" {", { "deny": "keyword.control.effect", "no mail": "entity.name.function.rule" }],
  ["  agent    in triage-bots", { "agent": "keyword.other.clause", " in ": "keyword.operator.word" }],
  ["  when     task.purpose == \"triage\" and context.risk < 50", {
    "when": "keyword.other.clause",
    "task": "variable.language",
    "triage": "string.quoted",
    "and": "keyword.operator.word",
    "50": "constant.numeric",
  }],
  ["  for      15m", { "for": "keyword.other.clause", "15m": "constant.numeric.duration" }],
  ["  resource \"ticket/{user.tenant}/**\"", {
    "resource": "keyword.other.clause",
    "ticket": "string.quoted",
    "{user.tenant}": "variable.other.hole",
    "**": "keyword.operator.wildcard",
  }],
  ["test \"a when and a for are words\" {", { "test": "keyword.declaration", "when": "string.quoted" }],
  ["    get(type: text, action: int, for: bool?) -> \"x/{type}\"", {
    "get": "entity.name.function",
    "text": "support.type",
    "->": "keyword.operator",
  }],
  ["@owner(\"payments\")", { "owner": "storage.type.annotation" }],
  ["group agents bots = a, b", { "group": "keyword.declaration", "agents": "storage.modifier", "bots": "entity.name.type" }],
  ["facts user at runtime { tenant: text }", { "facts": "keyword.declaration", "user": "storage.modifier", "tenant": null }],
  ["  when not-a-keyword", { "not-a-keyword": null }],
  ["  task T-1 { purpose = \"x\\q\" }", { "\\q": "invalid.illegal" }],
];

function files(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const below = path.join(folder, entry.name);
    if (entry.isDirectory()) return files(below);
    return entry.name.endsWith(".placet") ? [below] : [];
  });
}

async function main() {
  const grammar = await registry.loadGrammar("source.placet");
  for (const [line, expected] of EXPECTED) {
    const { tokens } = grammar.tokenizeLine(line, textmate.INITIAL);
    for (const [word, scope] of Object.entries(expected)) {
      const at = line.indexOf(word) + word.length - word.trimStart().length;
      const token = tokens.find((token) => token.startIndex <= at && at < token.endIndex);
      const scopes = token.scopes.slice(1).join(" ");
      const holds = scope === null ? scopes === "" : scopes.includes(scope);
      assert(holds, `${line}: \`${word}\` is \`${scopes}\`, not \`${scope}\``);
    }
  }
  // What stands open at the end of a policy is a mistake of the grammar.
  let count = 0;
  for (const file of files(path.join(root, "../../policies"))) {
    let state = textmate.INITIAL;
    for (const line of fs.readFileSync(file, "utf8").split("\n")) {
      const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
      const wrong = tokens.find((token) => token.scopes.some((scope) => scope.startsWith("invalid")));
      assert(!wrong, `${file}: ${line}`);
      state = ruleStack;
    }
    assert.strictEqual(state.depth, 1, `${file} ends within something`);
    count += 1;
  }
  console.log(`${EXPECTED.length} lines and ${count} files: as expected`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
