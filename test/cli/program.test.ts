import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { optional, required, toggle } from "../../src/cli/args.ts";
import { command, runProgram, type Program, type Terminal } from "../../src/cli/program.ts";
import { ConfigError, SyncError, type Retry } from "../../src/lib/errors.ts";
import { VERSION } from "../../src/lib/version.ts";

type Ran = { readonly code: number; readonly out: string; readonly err: string };

function programThat(work: () => Promise<number>): Program<Terminal> {
  return {
    name: "tool",
    call: "run tool",
    summary: "does things",
    version: "1.2.3",
    commands: [
      command({
        name: "source apply",
        summary: "applies sources",
        operands: { file: required("FILE", "payload") },
        flags: { tenant: optional("SLUG", "whose"), json: toggle("as JSON") },
        run: (values, { print }: Terminal) => {
          print(JSON.stringify(values));
          return Promise.resolve(0);
        },
      }),
      command({ name: "source list", summary: "lists sources", run: () => Promise.resolve(3) }),
      command({ name: "device list", summary: "lists", run: () => Promise.resolve(0) }),
      command({ name: "device tags add", summary: "adds", run: () => Promise.resolve(0) }),
      command({ name: "device tags drop", summary: "drops", run: () => Promise.resolve(0) }),
      command({ name: "work", summary: "works", run: work }),
    ],
  };
}

async function run(argv: readonly string[], work = () => Promise.resolve(0)): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    print: (line: string) => void out.push(line),
    printError: (line: string) => void err.push(line),
  };
  const code = await runProgram(programThat(work), argv, terminal);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

test("a command of two words gets its values by name", async () => {
  const { code, out } = await run(["source", "apply", "f.json", "--tenant", "acme"]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), { file: "f.json", tenant: "acme", json: false });
});

test("a command's exit code is the program's", async () => {
  assert.equal((await run(["source", "list"])).code, 3);
});

test("--version prints the version", async () => {
  assert.deepEqual(await run(["--version"]), { code: 0, out: "1.2.3", err: "" });
});

test("the version of the executables is the package's", () => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  assert.equal((JSON.parse(text) as { version: string }).version, VERSION);
});

test("--help shows commands, a group's commands, or what a command takes", async () => {
  const all = await run(["--help"]);
  assert.equal(all.code, 0);
  assert.match(all.out, /source apply +applies sources[^]*work +works/);
  const group = await run(["source", "--help"]);
  assert.match(group.out, /source list/);
  assert.doesNotMatch(group.out, /works/);
  const one = await run(["source", "apply", "-h"]);
  assert.match(one.out, /Usage: run tool source apply FILE \[--tenant SLUG\] \[--json\]/);
});

const MISUSES: readonly (readonly [readonly string[], string])[] = [
  [[], "tool: no command given"],
  [["wrok"], 'tool: unknown command "wrok", did you mean "work"?'],
  [["source"], 'tool: "source" needs one of: apply, list'],
  [["source", "aply"], 'tool: unknown command "source aply", did you mean "source apply"?'],
  [["device"], 'tool: "device" needs one of: list, tags'],
  [["device", "tags"], 'tool: "device tags" needs one of: add, drop'],
  [["source", "apply"], "tool: FILE is missing"],
  [["work", "--fast"], "tool: unknown flag --fast"],
];

for (const [argv, complaint] of MISUSES) {
  test(`misuse ends with exit code 2: ${JSON.stringify(argv)}`, async () => {
    const { code, out, err } = await run(argv);
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.equal(err.split("\n")[0], complaint);
  });
}

const retry: Retry = "transient";
const FAILURES: readonly (readonly [Error, number])[] = [
  [new ConfigError("agent_id", "is missing"), 78],
  [new SyncError("permission_denied", "no", { retry }), 4],
  [new SyncError("unavailable", "no", { retry }), 5],
  [new SyncError("busy", "no", { retry }), 75],
  [new SyncError("bad_data", "no", { retry }), 1],
];

for (const [failure, exitCode] of FAILURES) {
  test(`a failure ends with its exit code: ${failure.message} ${exitCode}`, async () => {
    const { code, err } = await run(["work"], () => Promise.reject(failure));
    assert.equal(code, exitCode);
    assert.equal(err, `tool: ${failure.message}`);
  });
}

test("a bug is not swallowed", async () => {
  await assert.rejects(
    run(["work"], () => Promise.reject(new TypeError("bug"))),
    TypeError,
  );
});
