/** Documents lead to what is there, and the commands that they show can be typed. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { AGENT_PROGRAM } from "../../src/cli/agent-commands.ts";
import { CORE_PROGRAM } from "../../src/cli/core-commands.ts";
import { command, runProgram, type Command, type Terminal } from "../../src/cli/program.ts";
import { readPayload } from "../../src/control/source-settings.ts";
import { ok } from "../../src/lib/result.ts";
import { readDocument } from "../support/markdown.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "src/README.md",
  ...readdirSync(new URL("docs/", ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => `docs/${path}`),
];

test("every link within the repository leads to a file", () => {
  const broken = PAGES.flatMap((page) =>
    [...readDocument(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .filter(([, target = ""]) => !existsSync(new URL(target, new URL(page, ROOT))))
      .map(([, target]) => `${page}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

type Program = { readonly name: string; readonly commands: readonly Command<never>[] };
const PROGRAMS: Readonly<Record<string, Program>> = {
  core: CORE_PROGRAM,
  agent: AGENT_PROGRAM,
};

/** What the program would say to this command line; undefined where it would run it. */
async function complaint(
  { name, commands }: Program,
  words: readonly string[],
): Promise<string | undefined> {
  const said: string[] = [];
  const checked = commands.map((one): Command<Terminal> => ({
    ...command({ name: one.name, summary: one.summary, run: () => Promise.resolve(0) }),
    prepare: (argv) => {
      const prepared = one.prepare(argv);
      return prepared.ok ? ok(() => Promise.resolve(0)) : prepared;
    },
  }));
  const program = { name, call: name, summary: "", version: "", commands: checked };
  const terminal = { print: () => {}, printError: (line: string) => void said.push(line) };
  const code = await runProgram(program, words, terminal);
  return code === 0 ? undefined : said[0];
}

test("every command line that README.md shows is one that its program takes", async () => {
  const lines = [...readDocument("README.md").matchAll(/npm run -s (core|agent) -- ([^`#\n&]+)/g)];
  assert.ok(lines.length > 12);
  for (const [line, program = "", words = ""] of lines) {
    const known = PROGRAMS[program];
    assert.ok(known !== undefined);
    assert.equal(await complaint(known, words.trim().split(/\s+/)), undefined, line);
  }
});

test("the sources that README.md shows are taken as they stand", () => {
  const text = readDocument("README.md");
  const [, first = ""] = /echo '([^']+)'/.exec(text) ?? [];
  const [, second = ""] = /`("armis": \{[^`]+\})`/.exec(text) ?? [];
  for (const payload of [first, `{"sources": {${second}}}`]) {
    const read = readPayload(JSON.parse(payload));
    assert.ok(read.ok, read.ok ? "" : read.error);
    assert.equal(read.value.length, 1);
  }
});
