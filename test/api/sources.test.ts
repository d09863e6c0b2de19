import assert from "node:assert/strict";
import { test } from "node:test";

import { agentConfig } from "../../src/control/config-payload.ts";
import { parseSyncPayload } from "../../src/model/sync-payload.ts";
import type { TestApi } from "../support/api-over.ts";
import { DOCUMENT_PAYLOAD, testApi } from "../support/api.ts";

const SOURCES = "/api/v1/tenants/acme/sources";
const APPLY = `POST ${SOURCES}?agent_id=agent-1`;

type Source = {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly endpoint: string;
  readonly poll_interval: string;
  readonly credentials: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
};
type Applied = {
  readonly outcome: string;
  readonly changes: readonly unknown[];
  readonly credentials_set: readonly string[];
  readonly source: Source;
};
type Problem = { readonly code: string; readonly detail: string };

async function withAgent(t: Parameters<typeof testApi>[0]): Promise<TestApi> {
  const api = await testApi(t);
  await api.ask("POST /api/v1/tenants", { body: { slug: "acme" } });
  await api.ask("POST /api/v1/tenants/acme/agents", { body: { agent_id: "agent-1" } });
  return api;
}

test("the document's example payload is taken as it stands", async (t) => {
  const { ask } = await withAgent(t);
  const { status, json } = await ask<{ applied: Applied[] }>(APPLY, { body: DOCUMENT_PAYLOAD });
  assert.equal(status, 200);
  assert.deepEqual(
    json.applied.map(({ outcome, source, credentials_set: set }) => [
      outcome,
      source.name,
      source.endpoint,
      source.poll_interval,
      set,
    ]),
    [
      ["created", "armis_prod", "https://my-armis-instance.armis.com", "10m", ["secret_key"]],
      ["created", "netbox_dc1", "https://netbox.example.com", "10m", ["api_token"]],
    ],
  );
});

test("what the payload says reaches the agent, and credentials go nowhere else", async (t) => {
  const { ask, sealer, db } = await withAgent(t);
  await ask(APPLY, { body: DOCUMENT_PAYLOAD });
  const told = await agentConfig(db, 1, { agentId: "agent-1", gatewayId: "g", sealer });
  const { sources } = JSON.parse(told.json) as { sources: Record<string, { credentials: object }> };
  assert.deepEqual(sources["armis_prod"]?.credentials, { secret_key: "your-armis-api-secret-key" });
  const answers = await Promise.all(
    [`GET ${SOURCES}`, `GET ${SOURCES}/armis_prod`, "GET /api/v1/tenants/acme"].map((path) =>
      ask(path),
    ),
  );
  const { rows } = await db.query<{ dump: string }>(
    "select (select json_agg(s)::text from sync.sources s) || (select json_agg(a)::text from sync.audit a) as dump",
  );
  const seen = JSON.stringify([answers, rows]);
  assert.ok(!seen.includes("your-armis") && !seen.includes("your-netbox"));
});

test("applying again changes only what is different, and says what", async (t) => {
  const { ask } = await withAgent(t);
  await ask(APPLY, { body: DOCUMENT_PAYLOAD });
  const payload = JSON.parse(DOCUMENT_PAYLOAD) as {
    poll_interval: string;
    sources: Record<string, Record<string, unknown>>;
  };
  payload.poll_interval = "5m";
  payload.sources["netbox_dc1"] = {
    type: "netbox",
    endpoint: "https://netbox.example.com",
    page_size: 100,
  };
  delete payload.sources["armis_prod"];
  const { json } = await ask<{ applied: Applied[] }>(APPLY, { body: payload });
  const [applied] = json.applied;
  assert.equal(json.applied.length, 1);
  assert.equal(applied?.outcome, "changed");
  assert.deepEqual(applied?.changes, [
    { setting: "page_size", after: 100 },
    { setting: "poll_interval", before: "10m", after: "5m" },
  ]);
  assert.deepEqual(applied?.source.credentials, ["api_token"]);
  const { json: list } = await ask<{ sources: Source[] }>(`GET ${SOURCES}`);
  assert.deepEqual(
    list.sources.map(({ name }) => name),
    ["armis_prod", "netbox_dc1"],
  );
});

const netbox = { type: "netbox", endpoint: "https://netbox.example.com" };
const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  [
    "an unknown type",
    { sources: { lab: { ...netbox, type: "snmp" } } },
    /^source "lab": type "snmp" is unknown; known types are armis, netbox$/,
  ],
  [
    "an endpoint that is no URL",
    { sources: { lab: { ...netbox, endpoint: "netbox.example.com" } } },
    /^source "lab": endpoint "netbox.example.com" is not an http or https URL$/,
  ],
  [
    "an endpoint that holds a password",
    { sources: { lab: { ...netbox, endpoint: "https://u:hush@netbox.example.com" } } },
    /^source "lab": endpoint holds a user name or a password; put them into credentials$/,
  ],
  [
    "an endpoint that is no URL and may hold a password",
    { sources: { lab: { ...netbox, endpoint: "https://u:hush/x@netbox.example.com" } } },
    /^source "lab": endpoint is not an http or https URL$/,
  ],
  [
    "a proxy that holds a password",
    { sources: { lab: { ...netbox, proxy_url: "http://u:hush@proxy:3128" } } },
    /^source "lab": proxy_url holds a user name or a password; put it into credentials, as proxy_url there$/,
  ],
  [
    "a private key among what is shown",
    { sources: { lab: { ...netbox, client_cert_pem: "-----BEGIN PRIVATE KEY-----" } } },
    /^source "lab": client_cert_pem holds a private key; put that into credentials, as client_key_pem$/,
  ],
  [
    "a key as a setting",
    { sources: { lab: { ...netbox, client_key_pem: "x" } } },
    /^source "lab": client_key_pem is a secret; put it into credentials$/,
  ],
  [
    "a pace that is none",
    { sources: { lab: { ...netbox, requests_per_second: -1 } } },
    /^source "lab": requests_per_second must be a number from 0.01 to 1000$/,
  ],
  [
    "a proxy that is no URL",
    { sources: { lab: { ...netbox, proxy_url: "u:hush@proxy:3128" } } },
    /^source "lab": proxy_url is not an http or https URL$/,
  ],
  [
    "a duration that is none",
    { sources: { lab: { ...netbox, poll_interval: "10 minutes" } } },
    /^source "lab": poll_interval "10 minutes" is not a duration/,
  ],
  [
    "a default duration that is none",
    { poll_interval: "soon", sources: { lab: netbox } },
    /^poll_interval "soon" is not a duration/,
  ],
  [
    "a partition that is not the agent's",
    { sources: { lab: { ...netbox, partition: "dmz" } } },
    /^source "lab": partition "dmz" is not that of agent "agent-1", which is in "default"; leave it out/,
  ],
  [
    "a missing type",
    { sources: { lab: { endpoint: "https://x" } } },
    /^source "lab": has no type$/,
  ],
  [
    "a missing endpoint",
    { sources: { lab: { type: "armis" } } },
    /^source "lab": has no endpoint$/,
  ],
  ["a source that is no object", { sources: { lab: 5 } }, /^source "lab": is not a JSON object$/],
  ["sources that are a list", { sources: [] }, /has no "sources" object/],
  ["a payload without sources", { poll_interval: "10m" }, /has no "sources" object/],
  ["a source without a name", { sources: { " ": netbox } }, /^source " ": name must have/],
];

for (const [what, payload, detail] of WRONG) {
  test(`a wrong setting is named with its source, and nothing is changed: ${what}`, async (t) => {
    const { ask } = await withAgent(t);
    const body = {
      ...(payload as object),
      ...("sources" in (payload as object) &&
      !Array.isArray((payload as { sources: unknown }).sources)
        ? { sources: { good: netbox, ...(payload as { sources: object }).sources } }
        : {}),
    };
    const { status, json } = await ask<Problem>(APPLY, { body });
    assert.deepEqual([status, json.code], [400, "invalid_source"]);
    assert.match(json.detail, detail);
    assert.ok(!json.detail.includes("hush"));
    const { json: list } = await ask<{ sources: Source[] }>(`GET ${SOURCES}`);
    assert.deepEqual(list.sources, []);
  });
}

test("a partition that is the agent's may be said", async (t) => {
  const { ask } = await withAgent(t);
  const body = { sources: { lab: { ...netbox, partition: "default" } } };
  assert.equal((await ask(APPLY, { body })).status, 200);
});

test("a source needs an agent that is known and not revoked", async (t) => {
  const { ask } = await withAgent(t);
  const body = { sources: { lab: netbox } };
  const unknown = await ask<Problem>(`POST ${SOURCES}?agent_id=nobody`, { body });
  assert.deepEqual([unknown.status, unknown.json.code], [404, "agent_not_found"]);
  assert.match(unknown.json.detail, /agent "nobody" is not known; make it first/);
  await ask("POST /api/v1/tenants/acme/agents/agent-1/revoke");
  assert.equal((await ask(APPLY, { body })).status, 404);
  assert.equal((await ask(`POST ${SOURCES}`, { body })).status, 400);
});

test("a source cannot become another type, since its records bear its id", async (t) => {
  const { ask } = await withAgent(t);
  await ask(APPLY, { body: { sources: { lab: netbox } } });
  const { json } = await ask<Problem>(APPLY, {
    body: { sources: { lab: { ...netbox, type: "armis" } } },
  });
  assert.match(json.detail, /^source "lab": type is netbox and cannot become armis/);
});

test("single settings are changed, taken away, and refused by name", async (t) => {
  const { ask } = await withAgent(t);
  await ask(APPLY, {
    body: { sources: { lab: { ...netbox, page_size: 50, credentials: { api_token: "a" } } } },
  });
  const patch = async (body: object): Promise<{ status: number; json: Applied & Problem }> =>
    await ask<Applied & Problem>(`PATCH ${SOURCES}/lab`, { body });
  const changed = await patch({ endpoint: "https://other", page_size: null, poll_interval: "1h" });
  assert.equal(changed.status, 200);
  assert.deepEqual(changed.json.changes, [
    { setting: "endpoint", before: "https://netbox.example.com", after: "https://other" },
    { setting: "page_size", before: 50 },
    { setting: "poll_interval", before: "10m", after: "1h" },
  ]);
  assert.deepEqual(changed.json.source.credentials, ["api_token"]);
  const rotated = await patch({ credentials: { api_token: "b" } });
  assert.deepEqual(rotated.json.credentials_set, ["api_token"]);
  assert.equal((await patch({})).json.changes.length, 0);
  const wrong = [
    await patch({ endpoint: null }),
    await patch({ poll_interval: "x" }),
    await patch({ name: "new" }),
    await patch({ enabled: false }),
    await patch({ agent_id: "nobody" }),
  ];
  assert.deepEqual(
    wrong.map(({ status, json }) => `${status} ${json.detail}`),
    [
      '400 source "lab": has no endpoint',
      '400 source "lab": poll_interval "x" is not a duration such as "10m" or "1h30m"',
      '400 source "lab": name: a source keeps its name',
      '400 source "lab": enabled: use enable or disable',
      '404 agent "nobody" is not known; make it first with: serviceradar-core agent create',
    ],
  );
});

test("a source is switched off and on, and found by its id as by its name", async (t) => {
  const { ask } = await withAgent(t);
  await ask(APPLY, { body: { sources: { "dc 1/lab ü": netbox } } });
  const name = encodeURIComponent("dc 1/lab ü");
  const off = await ask<Source>(`POST ${SOURCES}/${name}/disable`);
  assert.deepEqual([off.status, off.json.enabled], [200, false]);
  const on = await ask<Source>(`POST ${SOURCES}/${off.json.id}/enable`);
  assert.deepEqual([on.status, on.json.enabled, on.json.name], [200, true, "dc 1/lab ü"]);
});

test("a deleted source is gone, with its credentials, and its name is free", async (t) => {
  const { ask, db } = await withAgent(t);
  await ask(APPLY, { body: DOCUMENT_PAYLOAD });
  const { status, json } = await ask<{ records: string }>(`DELETE ${SOURCES}/armis_prod`);
  assert.deepEqual([status, json.records], [200, "kept"]);
  assert.equal((await ask(`GET ${SOURCES}/armis_prod`)).status, 404);
  assert.equal((await ask(`DELETE ${SOURCES}/armis_prod`)).status, 404);
  const { rows } = await db.query(
    "select 1 from sync.sources where deleted_at is not null and credentials_sealed is not null",
  );
  assert.deepEqual(rows, []);
  const { json: again } = await ask<{ applied: Applied[] }>(APPLY, { body: DOCUMENT_PAYLOAD });
  assert.equal(again.applied[0]?.outcome, "created");
});

test("a proxy whose address holds a password is a credential: told to the agent, shown nowhere", async (t) => {
  const { ask, db, sealer } = await withAgent(t);
  const proxied = {
    ...netbox,
    credentials: { api_token: "t", proxy_url: "http://user:hush@proxy:3128" },
  };
  const answers = [
    await ask(APPLY, { body: { sources: { lab: proxied } } }),
    await ask(`GET ${SOURCES}/lab`),
    await ask(`PATCH ${SOURCES}/lab`, { body: { page_size: 50 } }),
    await stored(db),
  ];
  assert.ok(!JSON.stringify(answers).includes("hush"));
  const told = await agentConfig(db, 1, { agentId: "agent-1", gatewayId: "g", sealer });
  const parsed = parseSyncPayload(JSON.parse(told.json));
  assert.equal(parsed.ok && parsed.value.sources[0]?.proxyUrl, proxied.credentials.proxy_url);
});

test("a password in a URL of a setting that nobody knows is neither shown nor kept in the audit", async (t) => {
  const { ask, db } = await withAgent(t);
  const odd = { ...netbox, webhooks: [{ to: "https://user:hush@hooks.example.net/x" }] };
  const applied = await ask(APPLY, { body: { sources: { lab: odd } } });
  const shown = await ask<Source>(`GET ${SOURCES}/lab`);
  await ask(`DELETE ${SOURCES}/lab`);
  const { rows } = await db.query("select before, after from sync.audit");
  assert.ok(!JSON.stringify([applied, shown, rows]).includes("hush"));
  assert.deepEqual(shown.json.settings["webhooks"], [
    { to: "https://[redacted]@hooks.example.net/x" },
  ]);
});

test("a source may have its address among its credentials, as the original's web page has it", async (t) => {
  const { ask } = await withAgent(t);
  const credentials = { url: "https://netbox.example.com", token: "t" };
  const { status, json } = await ask<{ applied: Applied[] }>(APPLY, {
    body: { sources: { lab: { type: "netbox", credentials } } },
  });
  assert.equal(status, 200);
  assert.equal(json.applied[0]?.source.endpoint, "https://netbox.example.com");
});

/** Every row that a source leaves behind. */
test("the audit tells which secrets a change brought, by name, and can be asked of one source alone", async (t) => {
  const { ask } = await withAgent(t);
  await ask(APPLY, { body: { sources: { lab: netbox, other: netbox } } });
  await ask(`PATCH ${SOURCES}/lab`, { body: { credentials: { api_token: "t2" } } });
  await ask(`PATCH ${SOURCES}/lab`, { body: { poll_interval: "5m" } });
  type Entry = {
    readonly subject: string;
    readonly after: { readonly credentials_set?: string[] };
  };
  const of = SOURCES.replace("/sources", "/audit?action=source&subject=lab");
  const { entries } = (await ask<{ entries: Entry[] }>(`GET ${of}`)).json;
  assert.deepEqual(
    entries.map(({ subject, after }) => [subject, after.credentials_set]),
    [
      ["lab", undefined],
      ["lab", ["api_token"]],
      ["lab", undefined],
    ],
  );
});

async function stored(db: TestApi["db"]): Promise<unknown> {
  const { rows } = await db.query(
    "select (select json_agg(s)::text from sync.sources s) as sources, (select json_agg(a)::text from sync.audit a) as audit",
  );
  return rows;
}

test("a list brings the last runs of each source, however often another one runs", async (t) => {
  const { ask, db } = await withAgent(t);
  await ask(APPLY, { body: DOCUMENT_PAYLOAD });
  await db.query(
    `insert into sync.instances (tenant, instance_no, name, source_type)
     select 1, row_number() over (order by name), service_id::text, type from sync.sources`,
  );
  // The first source ran once, long before the hundred runs of the second.
  await db.query(
    `insert into sync.runs (tenant, run_no, agent_id, run_id, instance_no, kind, started_at, active_at, outcome, entries)
     select 1, n, 'agent-1', 'run-' || n, case n when 1 then 1 else 2 end, 'delta', now(), now(), 'success', n
       from generate_series(1, 101) n`,
  );
  type Listed = Source & { last_run?: { run_no: number }; last_runs?: { run_no: number }[] };
  const listed = async (query: string): Promise<readonly unknown[]> => {
    const { json } = await ask<{ sources: Listed[] }>(`GET ${SOURCES}${query}`);
    return json.sources.map(({ last_run: last, last_runs: runs }) => [
      last?.run_no,
      runs?.map(({ run_no: no }) => no),
    ]);
  };
  assert.deepEqual(await listed("?runs=3"), [
    [1, [1]],
    [101, [101, 100, 99]],
  ]);
  assert.deepEqual(await listed(""), [
    [1, undefined],
    [101, undefined],
  ]);
  assert.equal((await ask(`GET ${SOURCES}?runs=25`)).status, 400);
});
