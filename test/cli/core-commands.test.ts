/** Commands against a running core: every one is a request over its local socket. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { DOCUMENT_PAYLOAD } from "../support/api.ts";
import { temporaryFolder, testCore, type Ran, type TestCore } from "../support/core-cli.ts";
import { feed, settle } from "../support/dire.ts";
import { leaseOf } from "../support/tenant-lease.ts";

/** Runs a line that must succeed, and gives what it printed. */
async function ok(
  core: TestCore,
  line: string,
  around?: Parameters<TestCore["run"]>[1],
): Promise<string> {
  const ran = await core.run(line.split(" "), around);
  assert.deepEqual([ran.code, ran.err], [0, ""], line);
  return ran.out;
}

function assertRefused(ran: Ran, code: number, message: RegExp): void {
  assert.equal(ran.out, "");
  assert.match(ran.err, message);
  assert.equal(ran.code, code);
}

test("tenants are made and listed", async (t) => {
  const core = await testCore(t);
  assert.match(
    await ok(core, "tenant list"),
    /There is no tenant yet; make one with: serviceradar-core tenant create SLUG --data-dir /,
  );
  assert.match(
    await ok(core, "tenant create acme"),
    /^Tenant acme is made\.\nNext: serviceradar-core agent create --tenant acme/,
  );
  const lines = (await ok(core, "tenant list")).split("\n");
  assert.match(lines[0] ?? "", /^TENANT +NAME +CREATED$/);
  assert.match(lines[1] ?? "", /^acme +acme +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  assertRefused(await core.run(["tenant", "create", "acme"]), 1, /tenant "acme" exists already/);
  assertRefused(await core.run(["tenant", "create", "A B"]), 2, /must be lower-case letters/);
  assert.match(await ok(core, "tenant get"), /^Tenant acme\n {2}agents +0 \(0 online\)\n/);
});

test("the only tenant is meant where none is named; of several one must be", async (t) => {
  const core = await testCore(t);
  assertRefused(await core.run(["agent", "list"]), 1, /there is no tenant yet; make one with: /);
  await core.tenant("acme");
  assert.match(await ok(core, "agent list"), /^Tenant acme has no agents; make one with: /);
  await core.tenant("globex");
  assertRefused(
    await core.run(["agent", "list"]),
    2,
    /--tenant is needed, since there are several tenants: acme, globex$/,
  );
  assertRefused(
    await core.run(["agent", "list", "--tenant", "globx"]),
    2,
    /--tenant: there is no tenant "globx", did you mean "globex"\?/,
  );
  assert.match(await ok(core, "agent list --tenant globex"), /^Tenant globex has no agents/);
});

test("an agent's folder holds all it starts from, its key for its owner alone", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const out = join(await temporaryFolder(t), "agent one");
  const said = await core.run(
    [
      "agent",
      "create",
      "--agent-id",
      "agent-1",
      "--gateway-addr",
      "core.example:50052",
      "--out",
      out,
    ],
    { env: { npm_lifecycle_event: "core" } },
  );
  assert.equal(said.code, 0, said.err);
  assert.match(
    said.out,
    /^Start it: npm run -s agent -- run --config '.*agent one\/agent\.json'$/m,
  );
  assert.match(
    said.out,
    /npm run -s core -- source apply FILE --agent agent-1 --tenant acme --data-dir/,
  );
  assert.ok(!said.out.includes("PRIVATE KEY"));
  assert.deepEqual(JSON.parse(await readFile(join(out, "agent.json"), "utf8")), {
    agent_id: "agent-1",
    partition: "default",
    gateway_addr: "core.example:50052",
    gateway_security: {
      mode: "mtls",
      cert_dir: ".",
      server_name: "agent-gateway.serviceradar",
      role: "agent",
      tls: { cert_file: "agent.pem", key_file: "agent-key.pem", ca_file: "root.pem" },
    },
  });
  assert.match(await readFile(join(out, "agent-key.pem"), "utf8"), /BEGIN PRIVATE KEY/);
  assert.equal((await stat(join(out, "agent-key.pem"))).mode & 0o777, 0o600);
  assert.equal((await stat(out)).mode & 0o777, 0o700);
});

test("an agent is told the core's own address of its gateway, and loudly where that is this host alone", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const out = await temporaryFolder(t);
  const said = await core.run(["agent", "create", "--agent-id", "a1", "--out", join(out, "a1")]);
  assert.equal(said.code, 0, said.err);
  assert.match(said.out, /^It looks for the gateway on localhost:50052/m);
  assert.match(said.err, /^localhost:50052 is this very host: .* say --gateway-addr HOST:PORT/m);
  const named = ["agent", "create", "--agent-id", "a2", "--out", join(out, "a2")];
  const told = await core.run([...named, "--gateway-addr", "core.example:1"]);
  assert.deepEqual([told.code, told.err], [0, ""]);
});

test("files of an agent's folder are not lost unasked, and nothing is certified in vain", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const out = await temporaryFolder(t);
  await writeFile(join(out, "agent-key.pem"), "mine");
  const line = ["agent", "create", "--agent-id", "agent-1", "--out", out];
  assertRefused(
    await core.run(line),
    78,
    /--out: .* already holds agent-key\.pem; name another folder, or overwrite/,
  );
  assertRefused(
    await core.run([...line.slice(0, -1), join(out, "agent-key.pem", "below")]),
    78,
    /--out: .*below cannot be written: ENOTDIR/,
  );
  assert.match(await ok(core, "agent list"), /has no agents/);
  assert.equal((await core.run([...line, "--force"])).code, 0);
  assert.notEqual(await readFile(join(out, "agent-key.pem"), "utf8"), "mine");
  const made = join(out, "new");
  assertRefused(
    await core.run([...line.slice(0, -1), made]),
    1,
    /there is an agent "agent-1" already/,
  );
  await assert.rejects(stat(made), { code: "ENOENT" });
});

test("with --json the key is in no output", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const out = await temporaryFolder(t);
  const text = await ok(core, `agent create --agent-id agent-1 --json --out ${out}`);
  const { agent, files, start } = JSON.parse(text) as {
    agent: { agent_id: string };
    files: string[];
    start: string;
  };
  assert.equal(agent.agent_id, "agent-1");
  assert.equal(files.length, 4);
  assert.match(start, /^serviceradar-agent run --config /);
  assert.ok(!text.includes("PRIVATE KEY"));
});

test("agents are listed with how they are, and revoked", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "agent-1" } });
  const [titles, row] = (await ok(core, "agent list")).split("\n");
  assert.match(
    titles ?? "",
    /^AGENT +PARTITION +STATE +LAST SEEN +CONFIGURATION +HOST +VERSION +CERTIFICATE ENDS$/,
  );
  assert.match(row ?? "", /^agent-1 +default +never seen +- +- +- +- +in 36[45]d$/);
  assert.match(await ok(core, "agent get agent-1"), /^Agent agent-1\n {2}state +never seen\n/);
  assert.match(await ok(core, "agent revoke agent-1"), /^Agent agent-1 is revoked\./);
  assertRefused(
    await core.run(["agent", "revoke", "nobody"]),
    1,
    /tenant "acme" has no agent "nobody"/,
  );
});

async function withAgent(t: Parameters<typeof testCore>[0]): Promise<TestCore> {
  const core = await testCore(t);
  await core.tenant("acme");
  await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "agent-1" } });
  return core;
}

test("the document's payload is applied from a file and from standard input, and its secrets are never printed", async (t) => {
  const core = await withAgent(t);
  const file = join(await temporaryFolder(t), "sources.json");
  await writeFile(file, DOCUMENT_PAYLOAD);
  const said = [
    await ok(core, `source apply ${file} --tenant acme --agent agent-1`),
    await ok(core, "source apply -", { stdin: DOCUMENT_PAYLOAD }),
    await ok(core, "source apply - --json", { stdin: DOCUMENT_PAYLOAD }),
    await ok(core, "source list"),
    await ok(core, "source get armis_prod"),
    await ok(core, "source list --json"),
  ];
  assert.match(
    said[0] ?? "",
    /^Source armis_prod \(armis, https:\/\/my-armis-instance\.armis\.com\) is created; agent agent-1 runs it every 10m\.$/m,
  );
  assert.match(said[1] ?? "", /is changed;.*\n {2}credentials set again: secret_key$/m);
  assert.match(
    said[3] ?? "",
    /^netbox_dc1 +netbox +https:\/\/netbox\.example\.com +agent-1 +enabled +10m +never$/m,
  );
  assert.match(said[4] ?? "", /credentials +secret_key \(held sealed\)/);
  assert.ok(!said.join("\n").includes("your-"));
});

const BAD_FILES: readonly (readonly [string, string, RegExp])[] = [
  ["is empty", " \n", /standard input: is empty$/],
  ["is no JSON", '{"sources": {\n  "a": hush', /standard input: is not JSON \(line 2, column 8\)$/],
  [
    "has no sources",
    '{"poll_interval": "1m"}',
    /standard input: the file has no "sources" object$/,
  ],
  [
    "has an unknown type",
    '{"sources": {"lab": {"type": "snmp", "endpoint": "http://x"}}}',
    /standard input: source "lab": type "snmp" is unknown; known types are armis, netbox$/,
  ],
  [
    "has a wrong duration",
    '{"sources": {"lab": {"type": "armis", "endpoint": "http://x", "poll_interval": "ten"}}}',
    /source "lab": poll_interval "ten" is not a duration such as "10m"/,
  ],
];

for (const [what, stdin, message] of BAD_FILES) {
  test(`a payload that ${what} is refused with exit code 78`, async (t) => {
    const core = await withAgent(t);
    const ran = await core.run(["source", "apply", "-"], { stdin });
    assertRefused(ran, 78, message);
    assert.ok(!ran.err.includes("hush"));
  });
}

test("a payload file that is not there is named", async (t) => {
  const core = await withAgent(t);
  assertRefused(
    await core.run(["source", "apply", "/nowhere.json"]),
    78,
    /\/nowhere\.json: cannot be read: ENOENT/,
  );
});

test("the only agent is meant where none is named; of several one must be", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  const apply = async (): Promise<Ran> =>
    await core.run(["source", "apply", "-"], { stdin: DOCUMENT_PAYLOAD });
  assertRefused(await apply(), 2, /tenant acme has no agent to run a source; make one with: /);
  for (const id of ["a1", "a2"]) {
    await core.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: id } });
  }
  assertRefused(
    await apply(),
    2,
    /--agent is needed, since the tenant has several agents: a1, a2$/,
  );
  await core.run(["agent", "revoke", "a1"]);
  assert.match((await apply()).out, /agent a2 runs it/);
});

test("sources are switched, and deleted only on somebody's word", async (t) => {
  const core = await withAgent(t);
  await core.run(["source", "apply", "-"], { stdin: DOCUMENT_PAYLOAD });
  assert.match(await ok(core, "source disable armis_prod"), /^Source armis_prod is disabled\./);
  assert.match(await ok(core, "source list"), /^armis_prod .* disabled /m);
  assert.match(await ok(core, "source enable armis_prod"), /^Source armis_prod is enabled\./);
  const drop = ["source", "delete", "armis_prod", "--records", "keep"];
  assertRefused(await core.run(drop), 2, /say --yes where nobody can be asked/);
  assertRefused(await core.run(drop, { answers: "y" }), 2, /nothing was deleted/);
  const dropped = await core.run(drop, { answers: "armis_prod" });
  assert.deepEqual([dropped.code, dropped.err], [0, ""]);
  assert.match(dropped.out, /is deleted, its credentials are wiped/);
  assertRefused(await core.run([...drop, "--yes"]), 1, /has no source "armis_prod"/);
  assert.equal((await core.run(["source", "delete", "netbox_dc1", "--yes"])).code, 0);
});

test("a token's text alone goes to standard output, once", async (t) => {
  const core = await testCore(t);
  await core.ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  assert.match(await ok(core, "token list"), /^Tenant acme has no tokens; make one with: /);
  const made = await core.run([
    "token",
    "create",
    "ci",
    "--role",
    "operator",
    "--expires-in",
    "24h",
  ]);
  assert.match(made.out, /^srt_[0-9a-f]{64}$/);
  assert.match(
    made.err,
    /^Token 1 \(ci\) of tenant acme: role operator, expires .*Z\. It is shown this once:$/,
  );
  assert.equal((await core.ask("GET /api/v1/tenants", { token: made.out })).status, 200);
  assert.match(await ok(core, "token list"), /^ +1 +ci +operator +valid /m);
  assert.equal(await ok(core, "token revoke 1"), "Token 1 (ci) is revoked.");
  assert.equal((await core.ask("GET /api/v1/tenants", { token: made.out })).status, 401);
  assertRefused(await core.run(["token", "revoke", "9"]), 1, /has no token 9/);
});

test("devices are listed page by page or all, and one is shown with its evidence", async (t) => {
  const core = await withAgent(t);
  const lease = await leaseOf(core.db, "acme");
  const timestamp = new Date(core.clock.nowMs - 600_000).toISOString();
  await feed(
    core.db,
    lease,
    Array.from({ length: 5 }, (_, i) => ({
      source: "netbox",
      timestamp,
      hostname: `sw-${i}${i === 4 ? "\u001b[2J" : ""}`,
      metadata: { integration_id: `${i}`, role: "switch", model: "C9300", sync_service_id: "nb" },
    })),
  );
  const early = await core.run(["devices", "list"]);
  assert.deepEqual([early.code, early.out], [0, "No devices."]);
  assert.match(early.err, /^serviceradar-core: more devices wait in the inbox; a running core has/);
  await settle(core.db, lease);
  const page = await ok(core, "devices list --limit 2");
  assert.match(
    page,
    /^sr:[0-9a-f-]{36} +sw-0 +- +Switch +C9300 +nb +default +10m ago +active +-$/m,
  );
  const after = /\n2 of 5 devices; more: --after (\w+)$/.exec(page)?.[1] ?? "";
  assert.match(await ok(core, `devices list --limit 3 --after ${after}`), /sw-2[^]*sw-4\uFFFD\[2J/);
  const all = (await ok(core, "devices list --all --limit 2")).split("\n");
  assert.deepEqual(
    [all.length, all.filter((line) => line.startsWith("DEVICE"))],
    [6, all.slice(0, 1)],
  );
  const one = await ok(core, "devices get sw-1 --payload");
  assert.match(one, /^ {2}hostname +sw-1 +nb +10m ago +-$/m);
  assert.match(one, /^ {2}nb +integration +1 /m);
  assert.match(one, /What nb sent of integration 1\n {2}\{\n/);
  assertRefused(
    await core.run(["devices", "get", "sw-"]),
    2,
    /"sw-" finds 5 devices; name one by its id:\nDEVICE/,
  );
  assertRefused(
    await core.run(["devices", "get", "zz"]),
    1,
    /no device of tenant acme is found by "zz"/,
  );
  assertRefused(await core.run(["devices", "list", "--after", "x"]), 2, /after: "x" is not/);
  assert.equal(await ok(core, "devices list nosuch"), "No devices.");
  const { devices, total } = JSON.parse(await ok(core, "devices list --json")) as {
    devices: unknown[];
    total: number;
  };
  assert.deepEqual([devices.length, total], [5, 5]);
});

test("runs, inbox and refusals are shown", async (t) => {
  const core = await testCore(t);
  await core.tenant("acme");
  assert.equal(await ok(core, "runs list"), "No runs.");
  await core.db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, outcome, started_at, active_at, ended_at, entries, error_kind, error_message)
     values (1, 1, 'a', 'r-1', 1, 'full', 'failed', now() - interval '10 s', now(), now(), 1234, 'auth', 'the token was refused')`,
  );
  await core.db.query(
    `insert into sync.inbox (tenant, agent_id, run_id, chunk_index, sender, raw_bytes, body, parked_reason)
     values (1, 'a', 'r-1', 0, '{}', 2048, '', 'cannot be read')`,
  );
  await core.db.query(
    `insert into sync.refusals (tenant, agent_id, code, message, refused) values (1, 'a', 'INVALID_ARGUMENT', 'too long', 3), (0, '', 'UNAUTHENTICATED', 'stranger', 1)`,
  );
  assert.match(
    await ok(core, "runs list"),
    /^ +1 +- +full +failed .* 1,234 .* the token was refused$/m,
  );
  assert.match(await ok(core, "runs get 1"), /^ {2}error +auth: the token was refused$/m);
  assertRefused(await core.run(["runs", "get", "9"]), 1, /has no run "9"/);
  assert.match(await ok(core, "inbox status"), /^chunks parked +1$[^]*cannot be read$/m);
  const refusals = await ok(core, "refusals list");
  assert.match(
    refusals,
    /To agents of tenant acme:\n[^]*too long\n\nTo peers of no known tenant:\n[^]*stranger$/,
  );
});

test("what a command does is written down with who ran it", async (t) => {
  const core = await testCore(t);
  await core.run(["tenant", "create", "acme"]);
  const { rows } = await core.db.query<{ actor: string }>("select actor from sync.audit");
  assert.deepEqual(rows, [{ actor: "cli:tester" }]);
});

test("a device shows the rule that decided, its addresses by days and its tags, and rules list shows the rule", async (t) => {
  const core = await withAgent(t);
  const lease = await leaseOf(core.db, "acme");
  const midnightMs = Math.floor(core.clock.nowMs / 86_400_000) * 86_400_000;
  const seen = (days: number): Readonly<Record<string, unknown>> => ({
    source: "snmp",
    timestamp: new Date(midnightMs - days * 86_400_000).toISOString(),
    hostname: "edge-1",
    ip: "10.0.0.1",
    mac: "00:1B:44:11:22:33",
    metadata: {
      integration_id: "1",
      sync_service_id: "s",
      sys_descr: "RouterOS RB750Gr3",
      ip_forwarding: "1",
      tags: "edge,env=lab",
      risk_score: "8",
    },
  });
  await feed(core.db, lease, [seen(3), seen(2), seen(1)]);
  await settle(core.db, lease);
  const one = await ok(core, "devices get edge-1");
  assert.match(one, /^ {2}type +Router \(OCSF 12\)$/m);
  assert.match(one, /^ {2}risk +High \(8\)$/m);
  assert.match(
    one,
    /^ {2}classified +by rule mikrotik-router \(builtin, confidence 90\): Forwards/m,
  );
  assert.match(one, /^ {2}tags +edge, env=lab$/m);
  assert.match(one, /^ {2}model +RB750Gr3 +s, rule mikrotik-router +/m);
  assert.match(one, /^ {2}ip +10\.0\.0\.1 +confirmed +3 +/m);
  const rules = await ok(core, "rules list");
  assert.match(rules, /^ {2}mikrotik-router +880 +90 +on +builtin +vendor_name=MikroTik /m);
  assert.match(rules, /^a value expires after +2 runs without its record$/m);
});
