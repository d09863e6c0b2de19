import assert from "node:assert/strict";
import { test } from "node:test";

import { testCore, type TestCore } from "../support/core-cli.ts";
import { settle, type WireUpdate } from "../support/dire.ts";
import { playRun } from "../support/run.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const NETBOX = "00000000-0000-4000-8000-000000000001";
const ARMIS = "00000000-0000-4000-8000-000000000002";
const SIXTY = Array.from({ length: 60 }, (_, i) => i + 1);

function device(source: string, n: number, serial: string): WireUpdate {
  return {
    source,
    timestamp: "2026-01-01T00:00:00Z",
    ip: `10.${source === "netbox" ? 0 : 1}.0.${n}`,
    hostname: `${source}-${n}`,
    metadata: {
      ...(serial === "" ? {} : { serial }),
      ...(source === "netbox"
        ? { netbox_device_id: String(n), integration_id: String(n) }
        : { armis_device_id: String(n) }),
    },
  };
}

/** Three runs of two sources; the fourth of one makes sixty devices of a hundred and twenty. */
async function storm({ db }: TestCore): Promise<void> {
  const lease = await leaseOf(db, "acme");
  for (const nth of [1, 2, 3]) {
    const netbox = SIXTY.map((n) => device("netbox", n, ""));
    const armis = SIXTY.map((n) => device("armis", n, `SN-A${n}`));
    await playRun(db, lease, { runId: `n${nth}`, serviceId: NETBOX, updates: netbox });
    await playRun(db, lease, { runId: `a${nth}`, serviceId: ARMIS, type: "armis", updates: armis });
  }
  const joined = SIXTY.map((n) => device("netbox", n, `SN-A${n}`));
  await playRun(db, lease, { runId: "n4", serviceId: NETBOX, updates: joined });
}

test("what the storm brake holds is listed, looked into and released, and who did it is kept", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const run = async (line: readonly string[]): Promise<string> => {
    const ran = await core.run(line);
    assert.deepEqual([ran.code, ran.err], [0, ""], line.join(" "));
    return ran.out;
  };
  assert.equal(await run(["dire", "held", "list"]), "Nothing is held.");
  await storm(core);
  assert.match(await run(["inbox", "status"]), /publications held +1 \(dire held list\)/);
  assert.match(await run(["dire", "held", "list"]), /1 +held +\S+ +7 +\S+ \S+ +60 +60 +120/);
  const shown = await run(["dire", "held", "get", "1"]);
  assert.match(shown, /would leave +60 devices fewer, of 120/);
  assert.match(shown, /sr:\S+ +\S+-\d+ +sr:\S+ +\S+-\d+ +serial:SN-A\d+/);
  assert.match(await run(["devices", "list"]), /of 120 devices/);

  assert.match(
    await run(["dire", "held", "release", "1", "--reason", "new serials"]),
    /^Hold 1 is released/,
  );
  await settle(core.db, await leaseOf(core.db, "acme"));
  assert.match(await run(["devices", "list"]), /of 60 devices/);
  assert.equal(await run(["dire", "held", "list"]), "Nothing is held.");
  assert.match(await run(["dire", "held", "list", "--all"]), /1 +released .* cli:tester$/m);
  const again = await core.run(["dire", "held", "release", "1"]);
  assert.deepEqual([again.code, again.err], [1, "serviceradar-core: hold 1 has ended already"]);
  const { rows } = await core.db.query(
    "select actor, action, after ->> 'reason' as reason from sync.audit where action like 'hold.%'",
  );
  assert.deepEqual(rows, [{ actor: "cli:tester", action: "hold.release", reason: "new serials" }]);
});
