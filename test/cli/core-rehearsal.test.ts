import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { readRecording } from "../../src/cli/core-recording.ts";
import { DOCUMENT_PAYLOAD } from "../support/api.ts";
import { temporaryFolder, testCore } from "../support/core-cli.ts";

const update = (n: number, more: object = {}): object => ({
  source: "netbox",
  timestamp: "2026-01-01T00:00:00Z",
  hostname: `Gerät-${n}`,
  ip: `10.0.0.${n}`,
  metadata: { netbox_device_id: String(n), integration_id: String(n) },
  ...more,
});

test("a recording is cut into pieces that a request takes, update by update and byte by byte", async (t) => {
  const dir = await temporaryFolder(t);
  const file = join(dir, "chunk.json");
  const big = [1, 2, 3, 4, 5].map((n) => update(n, { padding: "ü".repeat(600_000) }));
  await writeFile(file, ` ${JSON.stringify(big)}\n`);
  const pieces = await readRecording(file);
  assert.deepEqual(
    pieces.flatMap((piece) => JSON.parse(piece) as object[]),
    big,
  );
  assert.ok(pieces.length > 1);
  for (const piece of pieces) assert.ok(Buffer.byteLength(piece) < 3_000_100);
  await writeFile(file, "[]");
  assert.deepEqual(await readRecording(file), []);
  await writeFile(file, '[{"a":1}');
  await assert.rejects(readRecording(file), /chunk\.json: message is not a JSON array/);
});

test("recorded files are rehearsed by a command, which shows the promise and how to see more", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "agent-1" } });
  const run = async (line: string): Promise<string> => {
    const ran = await core.run(line.split(" "));
    assert.deepEqual([ran.code, ran.err], [0, ""], line);
    return ran.out;
  };
  await core.ask("POST /api/v1/tenants/acme/sources?agent_id=agent-1", { body: DOCUMENT_PAYLOAD });
  assert.match(await run("rehearsals list"), /^No rehearsals; make one with: /);
  const [one, two] = [join(core.dataDir, "0.json"), join(core.dataDir, "1.json")];
  await writeFile(one, JSON.stringify([update(1), update(2)]));
  await writeFile(two, JSON.stringify([update(3), { hostname: "nobody" }]));
  const out = await run(`rehearse --source netbox_dc1 ${one} ${two}`);
  assert.match(out, /^Rehearsal 1 of source netbox_dc1: done\n/);
  assert.match(out, /create +3 devices\n/);
  assert.match(out, /from +4 entries: 3 new records, 0 changed, 0 unchanged, 1 rejected\n/);
  assert.match(
    out,
    /Nothing was changed\. Which ones: .*rehearsals get 1 --kind merge --tenant acme/,
  );
  assert.match(await run("devices list"), /^No devices\.$/);
  assert.match(await run("rehearsals list"), /1 +netbox_dc1 +done +.* +3 +0 +0 +0 +0 /);
  assert.match(await run("rehearsals get 1 --kind create"), /Gerät-1 +10\.0\.0\.1$/m);
  assert.match(await run("rehearsals get 1 --kind merge"), /^No change of kind merge\.$/);
  const paged = await core.run(["rehearsals", "get", "1", "--limit", "5"]);
  assert.equal(paged.code, 2);
  assert.match(paged.err, /--limit and --after go through changes of one kind; .*--kind: create, /);
  const missing = await core.run(["rehearse", "--source", "netbox_dc1", "/nowhere.json"]);
  assert.deepEqual(missing.code, 78);
  assert.match(missing.err, /nowhere\.json: cannot be read/);
});
