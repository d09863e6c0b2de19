/** docs/commands-and-routes.md: what the command line can, the REST API can, and the other way round; each with its reason where not. */
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { flagName, type Argument } from "../../src/cli/args.ts";
import { CORE_PROGRAM } from "../../src/cli/core-commands.ts";
import type { Described } from "../../src/cli/usage.ts";
import { membersOf, routesOf, type ApiDocument } from "../support/api-document.ts";
import { testApi } from "../support/api.ts";
import { runCore, temporaryFolder } from "../support/core-cli.ts";
import { recordingCore, type AskedOfCore } from "../support/recording-core.ts";
import {
  argumentsOf,
  memberOf,
  readRouteTable,
  titleOf,
  type CommandRow,
} from "../support/route-table.ts";

const TABLE = readRouteTable();
const COMMANDS: readonly Described[] = CORE_PROGRAM.commands;
/** Every command of a tenant looks which there are. */
const LOOKED_UP = "GET /api/v1/tenants";

async function documentOf(t: TestContext): Promise<ApiDocument> {
  return (await (await testApi(t)).ask<ApiDocument>("GET /openapi.json")).json;
}

function rowOf({ name }: Described): CommandRow {
  const row = TABLE.commands.get(name);
  assert.ok(row, `"${name}" has no row: which route does the same?`);
  return row;
}

const withRoutes = COMMANDS.filter(({ name }) => !TABLE.withoutRoute.has(name));

test("every command has a row or a reason, and no row is of a command that is gone", () => {
  const named = [...TABLE.commands.keys(), ...TABLE.withoutRoute];
  assert.deepEqual(named.toSorted(), COMMANDS.map(({ name }) => name).toSorted());
});

test("every route that a row names is in the API's document, and every other one has a reason", async (t) => {
  const document = await documentOf(t);
  const known = new Set(routesOf(document));
  const named = [...TABLE.commands.values()].flatMap(({ routes }) => routes);
  for (const route of [...named, ...TABLE.withoutCommand]) {
    assert.ok(known.has(route), `${route} is not in the document`);
  }
  const told = new Set([...named, ...TABLE.withoutCommand]);
  assert.deepEqual(
    [...known].filter((route) => !told.has(route)),
    [],
    "no command, no reason",
  );
});

test("every argument goes into a member of its command's routes, and every member is some argument's, or has a reason", async (t) => {
  const document = await documentOf(t);
  let set = new Set<string>(TABLE.unset);
  for (const command of withRoutes) {
    const row = rowOf(command);
    for (const name of Object.keys(argumentsOf(command))) {
      const title = titleOf(command, name);
      const member = memberOf(row, TABLE, { title, name });
      if (member === undefined) continue;
      const taking = row.routes.filter((route) => {
        const { path, query, body, isOpen } = membersOf(document, route);
        if (member === "body") return query.length + body.length > 0 || isOpen;
        return isOpen || [...path, ...query, ...body].includes(member);
      });
      assert.notEqual(taking.length, 0, `${command.name} ${title}: no route has ${member}`);
      for (const route of taking) {
        const members = member === "body" ? membersOf(document, route).body : [member];
        set = set.union(new Set(members.map((one) => `${route} ${one}`)));
      }
    }
  }
  const routes = new Set([...TABLE.commands.values()].flatMap((row) => row.routes));
  const unset = [...routes].flatMap((route) => {
    // What a command looks up on its way is another command's to list.
    const { query, body } = membersOf(document, route);
    return [...query, ...body].map((member) => `${route} ${member}`).filter((one) => !set.has(one));
  });
  assert.deepEqual(unset, [], "members that no argument sets");
});

/** Where a value cannot be made up. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  import: "reads a sealed bundle: test/cli/core-import.test.ts",
  tune: "asks nobody: test/cli/core-tune.test.ts",
};
/** Stands for a path that nothing is at. */
const NEW_PATH = "new path";
/** What a command needs besides, to come to its end. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  "agent create": ["--out", NEW_PATH],
  "devices tag": ["--query", "in:devices"],
  "source delete": ["--yes"],
  "rehearsals get": ["--kind", "create"],
  "runs undo": ["--yes"],
  "user change": ["--display-name", "first"],
  "user password": ["--password-stdin"],
};

class Line {
  readonly #dir: string;
  #files = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Values that an argument takes; one of them is its default at most. */
  values({ placeholder = "", read }: Argument<unknown>, title: string): readonly string[] {
    if (title === "--out") return [this.#newPath()];
    const said: Readonly<Record<string, string>> = {
      FILE: join(this.#dir, "given.json"),
      DEVICE: "sr:1",
      OTHER: "sr:2",
    };
    const choices = placeholder.includes("|") ? placeholder.split("|").toReversed() : [];
    const tried = [said[placeholder] ?? "1", ...choices, "7", "14", "60", "1000", "h:1", "5h"];
    const values = tried.filter((text) => read([text]).ok);
    assert.notEqual(values.length, 0, `${title} ${placeholder}: no value of it is known here`);
    return values.slice(0, 2);
  }

  #newPath(): string {
    return join(this.#dir, `out-${(this.#files += 1)}`);
  }

  filled(words: readonly string[]): readonly string[] {
    return words.map((word) => (word === NEW_PATH ? this.#newPath() : word));
  }

  base({ name, operands, flags }: Described): readonly string[] {
    const needed = Object.entries(operands).filter(([, one]) => one.isRequired);
    return [
      ...name.split(" "),
      ...needed.flatMap(([, one]) => this.values(one, "").slice(0, 1)),
      ...Object.entries(flags).flatMap(([flag, one]) =>
        one.isRequired ? [flagName(flag), ...this.values(one, flagName(flag)).slice(0, 1)] : [],
      ),
    ];
  }

  /** The ways to say a flag. */
  said(name: string, one: Argument<unknown>): readonly (readonly string[])[] {
    const title = flagName(name);
    if (one.placeholder === undefined) return [[title]];
    return this.values(one, title).map((value) => [title, value]);
  }
}

/** "GET /api/v1/tenants/1/runs" is of a row with "GET /api/v1/tenants/{tenant}/runs". */
function isNamed({ routes }: CommandRow, line: string): boolean {
  return routes.some((route) => {
    const pattern = route.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{\w+\}/g, "[^/ ]+");
    return new RegExp(`^${pattern}$`).test(line);
  });
}

function wholeOf(requests: readonly AskedOfCore[]): string {
  return requests.map(({ whole }) => whole).join("\n");
}

test("a command asks what its row names and nothing else, and each of its flags changes what is asked there", async (t) => {
  const dataDir = await temporaryFolder(t);
  const core = await recordingCore(t, dataDir);
  const line = new Line(join(dataDir, "files"));
  await mkdir(join(dataDir, "files"));
  await writeFile(join(dataDir, "files", "given.json"), '[{"hostname": "a"}]');
  const asked = async (argv: readonly string[]): Promise<readonly AskedOfCore[]> => {
    const where = ["--data-dir", dataDir, ...(argv[0] === "health" ? [] : ["--json"])];
    // A made-up answer need not have what a command shows of it.
    await runCore([...argv, ...where], { stdin: "pass" }).catch((thrown: unknown) => {
      if (!(thrown instanceof TypeError)) throw thrown;
    });
    return core.take();
  };
  for (const command of withRoutes) {
    if (command.name in ELSEWHERE) continue;
    const row = rowOf(command);
    const besides = BESIDES[command.name] ?? [];
    const called = (): readonly string[] => [...line.base(command), ...line.filled(besides)];
    const plain = await asked(called());
    assert.notEqual(plain.length, 0, `${command.name} asks nothing`);
    for (const one of plain) {
      const isExpected = one.line === LOOKED_UP || isNamed(row, one.line);
      assert.ok(isExpected, `${command.name} asks ${one.line}, which its row does not name`);
    }
    for (const [name, one] of Object.entries(command.flags)) {
      const title = flagName(name);
      const member = memberOf(row, TABLE, { title, name });
      if (member === undefined || one.isRequired) continue;
      const isGiven = besides.includes(title);
      const tried = isGiven ? [plain] : [];
      for (const words of isGiven ? [] : line.said(name, one)) {
        tried.push(await asked([...called(), ...words]));
      }
      const reached = tried
        .filter((requests) => isGiven || wholeOf(requests) !== wholeOf(plain))
        .flat()
        .filter(({ members, line: of }) => member in members && isNamed(row, of));
      assert.notEqual(reached.length, 0, `${command.name} ${title} reaches no ${member}`);
    }
  }
});
