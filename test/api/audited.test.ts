/** Every route that changes something leaves a row in the audit: what was done, with what was before and after. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { makeOneTimeToken } from "../../src/control/one-time-tokens.ts";
import { browserOf, type Answer, type Browser, type TestApi } from "../support/api-over.ts";
import { refuseInAudit, testApi } from "../support/api.ts";
import { makeCerts } from "../support/certs.ts";
import { feed, settle } from "../support/dire.ts";
import { populate } from "../support/populated-tenant.ts";

const T = "/api/v1/tenants/{tenant}";

/** What leaves no row, and why that is right. */
const NOT_AUDITED: Readonly<Record<string, string>> = {
  "DELETE /api/v1/session": "ends what its owner began",
  "POST /api/v1/write-check": "a row of no meaning",
  [`POST ${T}/rehearsals`]: "changes nothing; its run is noted",
  [`POST ${T}/rehearsals/{rehearsal}/chunks`]: "changes nothing",
  [`POST ${T}/sources/{source}/recorded-chunks/{run_id}/end`]: "the run's first chunk is noted",
  [`POST ${T}/imports/{agent_id}/updates`]: "the bundle's opening is noted",
  [`POST ${T}/imports/{agent_id}/manifests`]: "the bundle's opening is noted",
};

/** What needs more than a request, with the test that looks. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  [`POST ${T}/imports`]: "test/cli/core-import.test.ts",
  [`POST ${T}/runs/{run}/undo`]: "test/api/runs.test.ts",
  [`POST ${T}/runs/{run}/redo`]: "test/api/runs.test.ts",
  [`POST ${T}/tag-changes/{change}/continue`]: "test/api/tag-changes.test.ts",
};

type Names = Readonly<Record<string, string>>;
type Says = "before" | "after" | "both";
type Asked = {
  readonly names?: Names;
  readonly query?: string;
  readonly body?: unknown;
  readonly browser?: Browser | "nobody";
};
/** A route as the document has it, the action that the audit then has, what it says of it, and what is asked. */
type Step = readonly [route: string, action: string, says: Says, asked?: Asked];
type Row = { readonly action: string; readonly before: unknown; readonly after: unknown };

/** Asks, and looks what the audit has of it. */
async function take(
  { ask, db }: TestApi,
  names: Names,
  [route, action, says, asked = {}]: Step,
): Promise<Answer<unknown>> {
  const newest = "select coalesce(max(audit_no), 0) as no from sync.audit";
  const [before] = (await db.query<{ no: number }>(newest)).rows;
  const { query = "", body, browser } = asked;
  const called: Names = { ...names, ...asked.names };
  const filled = route.replace(/\{(\w+)\}/g, (_, name: string) => called[name] ?? "?");
  const answer = await ask(`${filled}${query}`, { body, browser });
  assert.ok(answer.status < 300, `${filled}: ${JSON.stringify(answer)}`);
  const { rows } = await db.query<Row>(
    "select action, before, after from sync.audit where audit_no > $1 order by audit_no",
    [before?.no],
  );
  const row = rows.find((one) => one.action === action);
  assert.ok(row, `${route} left ${rows.map((one) => one.action).join() || "nothing"}`);
  const said = [row.before !== null, row.after !== null];
  assert.deepEqual(said, [says !== "after", says !== "before"], `${route}: ${JSON.stringify(row)}`);
  return answer;
}

/** People, in the order in which they come and go. */
function ofPeople(): readonly Step[] {
  const names = { username: "ann" };
  const member = `${T}/members/{username}`;
  return [
    ["POST /api/v1/users", "user.create", "after", { body: names }],
    [
      "PATCH /api/v1/users/{username}",
      "user.change",
      "both",
      { names, body: { display_name: "A" } },
    ],
    ["POST /api/v1/users/{username}/link", "user.link", "after", { names }],
    [`PUT ${member}`, "member.grant", "after", { names, body: { role: "viewer" } }],
    [`PUT ${member}`, "member.grant", "both", { names, body: { role: "admin" } }],
    [`DELETE ${member}`, "member.revoke", "before", { names }],
    ["DELETE /api/v1/users/{username}", "user.delete", "before", { names }],
  ];
}

/** Tenants, authorities, agents, tokens. */
function ofPlatform(pem: string): readonly Step[] {
  const shared = { name: "all printers" };
  const view = { query: "type:printer", columns: [], sort: [], shared: true };
  const [agent, authority] = [{ agent_id: "made" }, { authority_no: "1" }];
  const token = { name: "t", role: "viewer" };
  return [
    ["POST /api/v1/tenants", "tenant.create", "after", { body: { slug: "other" } }],
    [`POST ${T}/authorities`, "authority.import", "after", { body: { pem } }],
    [
      `POST ${T}/authorities/{authority_no}/revoke`,
      "authority.revoke",
      "both",
      { names: authority },
    ],
    [
      `POST ${T}/authorities/{authority_no}/reinstate`,
      "authority.reinstate",
      "both",
      { names: authority },
    ],
    [`POST ${T}/agents`, "agent.register", "after", { body: agent }],
    [`POST ${T}/enrolments`, "agent.enrolment", "after", { body: { agent_id: "b" } }],
    [`POST ${T}/agents/{agent_id}/revoke`, "agent.revoke", "both", { names: agent }],
    [`POST ${T}/tokens`, "token.create", "after", { body: token }],
    [`POST ${T}/tokens/{token_no}/revoke`, "token.revoke", "before"],
    [`PUT ${T}/views/{name}`, "view.share", "after", { names: shared, body: view }],
    [`PUT ${T}/views/{name}`, "view.change", "both", { names: shared, body: view }],
    [
      `PUT ${T}/views/{name}`,
      "view.unshare",
      "before",
      { names: shared, body: { ...view, shared: false } },
    ],
    [`PUT ${T}/views/{name}`, "view.share", "after", { names: shared, body: view }],
    [`DELETE ${T}/views/{name}`, "view.delete", "before", { names: shared }],
    [`PATCH ${T}/retention`, "retention.change", "both", { body: { command_days: 9 } }],
  ];
}

/** A source from its making to its end, and what is read for it. */
function ofSources({ agent_id: agent, source: from }: Names): readonly Step[] {
  const one = `${T}/sources/{source}`;
  const second = { source: "second" };
  const payload = { sources: { second: { type: "netbox", endpoint: "https://second" } } };
  const entries = { entries: [{ hostname: "h" }] };
  return [
    [`POST ${T}/sources`, "source.create", "after", { query: `?agent_id=${agent}`, body: payload }],
    [
      `POST ${T}/sync-json`,
      "source.create",
      "after",
      { query: `?agent_id=${agent}`, body: { sources: { third: payload.sources.second } } },
    ],
    [`PATCH ${one}`, "source.change", "both", { body: { endpoint: "https://moved" } }],
    [`POST ${one}/disable`, "source.disable", "both"],
    [`POST ${one}/enable`, "source.enable", "both"],
    [`POST ${one}/run`, "command.sync.run_now", "after"],
    [`POST ${one}/cancel`, "command.sync.cancel", "after"],
    [`POST ${one}/test`, "command.sync.test_connection", "after"],
    [`POST ${one}/preview`, "command.sync.preview", "after"],
    [`POST ${one}/rehearse`, "command.sync.rehearse", "after"],
    [`POST ${T}/agents/{agent_id}/diagnostics`, "command.agent.diagnostics", "after"],
    [`POST ${one}/recorded-chunks`, "source.ingest", "after", { body: entries }],
    [`POST ${T}/inbox/parked/{inbox_no}/retry`, "inbox.retry", "both"],
    [`POST ${T}/retractions/{retraction_no}/allow`, "retraction.allow", "both"],
    [`DELETE ${one}`, "source.delete", "before", { query: "?records=keep" }],
    [`POST ${one}/adopt`, "source.adopt", "after", { names: second, body: { from } }],
  ];
}

/** What is decided of devices. Assertions are numbered as they are made: the lock is the first, the parting the second. */
function ofDevices({ second_id: other }: Names): readonly Step[] {
  const one = `${T}/devices/{device_id}`;
  const reason = "because";
  const [pair, field] = [
    { other, reason },
    { field: "hostname", reason },
  ];
  const serial = { type: "serial", value: "S1234", reason };
  const parting = { assertion_no: "2" };
  const tagging = { query: "in:devices", add: { a: "1" } };
  return [
    [`POST ${one}/lock`, "device.lock", "after", { body: { ...field, value: "h" } }],
    [`POST ${one}/unlock`, "device.unlock", "after", { body: field }],
    [`POST ${one}/never-merge`, "device.never_merge", "after", { body: pair }],
    [
      `POST ${T}/assertions/{assertion_no}/revoke`,
      "assertion.revoke",
      "after",
      { names: parting, body: { reason } },
    ],
    [`POST ${one}/merge`, "device.merge", "after", { body: pair }],
    [`POST ${one}/unmerge`, "device.unmerge", "after", { body: { reason } }],
    [`POST ${T}/values/block`, "value.block", "after", { body: serial }],
    [`POST ${T}/values/allow`, "value.allow", "after", { body: { ...serial, value: "S99991" } }],
    [`POST ${T}/tag-changes`, "device.tag", "after", { body: tagging }],
    [`POST ${T}/tag-changes/{change}/undo`, "device.tag_undo", "both"],
    [`POST ${T}/dire/held/{hold}/release`, "hold.release", "both", { body: { reason } }],
    [
      `POST ${T}/dire/held/{hold}/recheck`,
      "hold.recheck",
      "both",
      { names: { hold: "2" }, body: { reason } },
    ],
    [`POST ${T}/dire/rederive`, "dire.rederive", "after", { body: {} }],
  ];
}

test("every route that changes something is in the audit, with what was before and after", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const names = await prepared(api);
  const { acme, root } = await makeCerts();
  const pem = root.certificatePem + acme.certificatePem;
  const walked = new Set<string>();
  const walk: Walk = async (step) => {
    walked.add(step[0]);
    return await take(api, names, step);
  };
  for (const step of [...ofPeople(), ...ofPlatform(pem), ...ofDevices(names)]) await walk(step);
  await rehearse(api, walk);
  for (const step of ofSources(names)) await walk(step);
  await logIn(api, walk);
  const { json } = await api.ask<{ paths: Record<string, object> }>("GET /openapi.json");
  const routes = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const changing = routes.filter((route) => !route.startsWith("GET "));
  const known = [...walked, ...Object.keys(NOT_AUDITED), ...Object.keys(ELSEWHERE)];
  assert.deepEqual(known.toSorted(), changing.toSorted());
});

/** Something of everything, a second device, a second hold, and an agent that is there to be told. */
async function prepared(api: TestApi): Promise<Names> {
  const { db, ask } = api;
  const names = await populate(api, "acme", "mark");
  const { rows } = await db.query<{ tenant: number }>(
    "select tenant from sync.tenants where slug = 'acme'",
  );
  const lease = { tenant: rows[0]?.tenant ?? 0, owner: "test", epoch: 1 };
  const metadata = { integration_id: "2", netbox_device_id: "2", sync_service_id: names.source };
  const update = { source: "netbox", hostname: "second", ip: "10.0.0.2", metadata };
  await feed(db, lease, [{ ...update, timestamp: "2026-01-01T00:00:00Z" }]);
  await settle(db, lease);
  await db.query("update sync.agents set last_seen_at = now()");
  await db.query(
    `insert into sync.holds (tenant, hold_no, run_no, records, record_count, shrinks, ids, devices, changes)
     select tenant, 2, run_no, records, record_count, shrinks, ids, devices, changes from sync.holds`,
  );
  type List = { readonly devices: readonly { readonly id: string; readonly hostname: string }[] };
  const { json } = await ask<List>("GET /api/v1/tenants/acme/devices");
  const second = json.devices.find(({ hostname }) => hostname === "second");
  return { ...names, tenant: "acme", second_id: second?.id ?? "" };
}

type Walk = (step: Step) => Promise<Answer<unknown>>;

async function rehearse({ ask }: TestApi, walk: Walk): Promise<void> {
  const rehearsals = "POST /api/v1/tenants/acme/rehearsals";
  const { json } = await ask<{ rehearsal_no: number }>(rehearsals, { body: { source: "mark" } });
  const rehearsal = String(json.rehearsal_no);
  await ask(`${rehearsals}/${rehearsal}/chunks`, { body: [] });
  const asked = { names: { rehearsal } };
  await walk([`POST ${T}/rehearsals/{rehearsal}/run`, "source.rehearse", "after", asked]);
}

async function logIn({ db, clock }: TestApi, walk: Walk): Promise<void> {
  const made = await makeOneTimeToken(db, { nowMs: clock.nowMs, lifeMs: 60_000 });
  const [browser, password] = ["nobody", "correct horse battery"] as const;
  const first = { token: made.reveal(), username: "root", password };
  await walk(["POST /api/v1/setup", "user.create", "after", { browser, body: first }]);
  const body = { username: "root", password };
  const begun = await walk(["POST /api/v1/session", "login.begin", "after", { browser, body }]);
  const session = browserOf(begun as Answer<{ csrf_token: string }>);
  const changed = { browser: session, body: { current: password, new: `${password} 2` } };
  await walk(["POST /api/v1/session/password", "user.change", "both", changed]);
}

test("a view that nobody else sees is in no audit, one that was shared is until it is not any more", async (t) => {
  const api = await testApi(t);
  const { operator } = await api.tenant("acme");
  const path = "/api/v1/tenants/acme/views/mine";
  const put = (query: string, shared: boolean): Promise<Answer<unknown>> =>
    api.ask(`PUT ${path}`, { token: operator, body: { query, columns: [], sort: [], shared } });
  for (const [query, shared] of [
    ["a", false],
    ["b", true],
    ["c", false],
    ["d", false],
  ] as const) {
    assert.equal((await put(query, shared)).status, 200);
  }
  assert.equal((await api.ask(`DELETE ${path}`, { token: operator })).status, 204);
  const { rows } = await api.db.query<Row & { actor: string; subject: string }>(
    "select actor, action, subject, before, after from sync.audit where action like 'view.%' order by audit_no",
  );
  const said = { columns: [], sort: [], query: "b" };
  const row = { actor: "token:operator", subject: "mine" };
  assert.deepEqual(rows, [
    { ...row, action: "view.share", before: null, after: said },
    { ...row, action: "view.unshare", before: said, after: null },
  ]);
});

test("a change of a shared view that the audit cannot take is not made", async (t) => {
  const api = await testApi(t);
  await api.tenant("acme");
  const path = "/api/v1/tenants/acme/views/mine";
  const body = { query: "a", columns: [], sort: [], shared: true };
  await refuseInAudit(api.db, "view.share");
  assert.equal((await api.ask(`PUT ${path}`, { body })).status, 500);
  assert.equal((await api.ask(`GET ${path}`)).status, 404);
});
