/** Whatever is asked of the core, by whatever command, no credential is printed: of commands to come as well. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { flagName } from "../../src/cli/args.ts";
import { CORE_PROGRAM } from "../../src/cli/core-commands.ts";
import { DOCUMENT_PAYLOAD } from "../support/api.ts";
import { temporaryFolder, testCore, type TestCore } from "../support/core-cli.ts";

const SECRETS = ["your-armis-api-secret-key", "your-netbox-api-token", "hush-proxy"];
/** They run a server, a database or a file of their own, or write a folder. */
const APART = new Set(["serve", "migrate", "replay", "agent create"]);
/** What is typed for an operand or a needed flag. */
const WORDS: Readonly<Record<string, string>> = {
  source: "armis_prod",
  agentId: "agent-1",
  agent: "agent-1",
  run: "1",
  slug: "acme",
  file: "-",
};

async function withSecrets(t: TestContext): Promise<TestCore> {
  const core = await testCore(t);
  await core.run(["tenant", "create", "acme"]);
  await core.run(["agent", "create", "--agent-id", "agent-1", "--out", await temporaryFolder(t)]);
  return core;
}

/** A line that calls a command with everything that it needs. */
function lineOf(
  command: (typeof CORE_PROGRAM.commands)[number],
  outFile: string,
): readonly string[] {
  const operands = Object.entries(command.operands).map(([name]) => WORDS[name] ?? "1");
  const needed = Object.entries(command.flags).filter(([, { isRequired }]) => isRequired);
  const flags = needed.flatMap(([name]) => [
    flagName(name),
    name === "out" ? outFile : (WORDS[name] ?? "1"),
  ]);
  return [...command.name.split(" "), ...operands, ...flags];
}

test("no command prints a credential, in words or as JSON", async (t) => {
  const payload = DOCUMENT_PAYLOAD.replace(
    '"secret_key"',
    '"proxy_url": "http://u:hush-proxy@proxy:3128", "secret_key"',
  );
  const commands = CORE_PROGRAM.commands.filter(({ name }) => !APART.has(name));
  assert.ok(commands.length > 20);
  const printed: string[] = [];
  for (const json of [[], ["--json"]]) {
    const core = await withSecrets(t);
    const outFile = join(await temporaryFolder(t), "out");
    const applied = await core.run(["source", "apply", "-", ...json], { stdin: payload });
    assert.equal(applied.code, 0, applied.err);
    for (const command of commands) {
      const extra = "json" in command.flags ? json : [];
      const { out, err } = await core.run([...lineOf(command, outFile), ...extra], {
        stdin: payload,
      });
      printed.push(`${command.name}: ${out} ${err}`);
    }
  }
  const leaks = printed.filter((text) => SECRETS.some((secret) => text.includes(secret)));
  assert.deepEqual(leaks, []);
  assert.ok(
    printed.some((text) => text.includes("secret_key")),
    "credentials are named all the same",
  );
});

test("a payload that cannot be read is complained of without its credentials", async (t) => {
  const core = await withSecrets(t);
  const payloads = [
    DOCUMENT_PAYLOAD.slice(0, -4),
    DOCUMENT_PAYLOAD.replace('"type": "netbox",', '"type": "netbox"'),
    DOCUMENT_PAYLOAD.replace('your-netbox-api-token"', "your-netbox-api-token"),
    DOCUMENT_PAYLOAD.replace('"netbox"', '"your-netbox-api-tokenn"').replace("{", "{,"),
    SECRETS[0],
  ];
  for (const stdin of payloads) {
    const { code, out, err } = await core.run(["source", "apply", "-"], { stdin: stdin ?? "" });
    assert.equal(code, 78);
    for (const secret of SECRETS) assert.ok(!(out + err).includes(secret), err);
  }
});
