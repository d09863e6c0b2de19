/** Over HTTP: an answer that is known is not sent again, and a change that was made for another state is refused. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { serveHttp } from "../../src/api/serve-http.ts";
import { testApi } from "../support/api.ts";
import { netboxDevice, playRun } from "../support/runs.ts";
import { leaseOf } from "../support/tenant-lease.ts";

const ROOT = "/api/v1/tenants/acme";
const SOURCE = `${ROOT}/sources/netbox`;
const PAYLOAD = {
  sources: { netbox: { type: "netbox", endpoint: "https://n", credentials: { api_token: "one" } } },
};

type Asking = {
  readonly method?: string;
  readonly tag?: string;
  readonly known?: string;
  readonly body?: unknown;
};
type Told = {
  readonly id?: string;
  readonly code?: string;
  readonly settings?: object;
  readonly endpoint?: string;
};

/** A listener with a source, and how an operator asks it. */
async function served(t: TestContext) {
  const api = await testApi(t);
  const { operator } = await api.tenant("acme");
  const http = await serveHttp({ app: api.app, listen: "127.0.0.1:0" });
  t.after(() => http.stop());
  await api.ask(`POST ${ROOT}/agents`, { body: { agent_id: "a1" } });
  await api.ask(`POST ${ROOT}/sources?agent_id=a1`, { body: PAYLOAD });
  const ask = async (path: string, { method = "GET", tag, known, body }: Asking = {}) => {
    const answer = await fetch(`http://${http.address}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${operator}`,
        ...(tag === undefined ? {} : { "if-match": tag }),
        ...(known === undefined ? {} : { "if-none-match": known }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const { status, headers } = answer;
    const json = (text === "" ? {} : JSON.parse(text)) as Told;
    return {
      status,
      text,
      json,
      tag: headers.get("etag") ?? "",
      type: headers.get("content-type"),
    };
  };
  return { api, ask };
}

test("what a client has already is not sent again until it is another", async (t) => {
  const { ask } = await served(t);
  for (const path of [SOURCE, `${ROOT}/sources`, `${ROOT}/retention`, `${ROOT}/agents`]) {
    const first = await ask(path);
    assert.equal(first.status, 200, path);
    const again = await ask(path, { known: `"other", ${first.tag}` });
    assert.deepEqual([again.status, again.text, again.tag], [304, "", first.tag], path);
  }
  const { tag } = await ask(SOURCE);
  await ask(SOURCE, { method: "PATCH", body: { endpoint: "https://m" } });
  const after = await ask(SOURCE, { known: tag });
  assert.deepEqual([after.status, after.json.endpoint], [200, "https://m"]);
});

test("a source that another changed meanwhile is not changed, switched or deleted by who saw it before", async (t) => {
  const { ask } = await served(t);
  const seen = await ask(SOURCE);
  // Credentials alone: the answer names them as before.
  const rotated = { credentials: { api_token: "two" } };
  const first = await ask(SOURCE, { method: "PATCH", tag: seen.tag, body: rotated });
  assert.equal(first.status, 200);
  const late = [
    { path: SOURCE, method: "PATCH", body: { endpoint: "https://late" } },
    { path: `${SOURCE}/disable`, method: "POST" },
    { path: `${SOURCE}/enable`, method: "POST" },
    { path: SOURCE, method: "DELETE" },
  ];
  for (const { path, ...how } of late) {
    const { status, json, type } = await ask(path, { ...how, tag: seen.tag });
    const told = [status, json.code, type];
    assert.deepEqual(told, [412, "changed_meanwhile", "application/problem+json"], path);
  }
  const now = await ask(SOURCE);
  assert.equal(now.json.endpoint, "https://n");
  const anew = { method: "PATCH", tag: now.tag, body: { endpoint: "https://m" } };
  const changed = await ask(SOURCE, anew);
  assert.equal(changed.status, 200);
  // What a change answers names the state that it made.
  const off = await ask(`${SOURCE}/disable`, { method: "POST", tag: changed.tag });
  assert.equal(off.status, 200);
  assert.equal((await ask(SOURCE, { method: "DELETE", tag: "*" })).status, 200);
});

test("what merely happens to a source makes its answer another and stops no change", async (t) => {
  const { api, ask } = await served(t);
  const seen = await ask(SOURCE);
  const { id: serviceId } = seen.json;
  assert.ok(serviceId);
  const source = { serviceId, agentId: "a1" };
  await playRun(api.db, await leaseOf(api.db, "acme"), { source, updates: [netboxDevice(1)] });
  const after = await ask(SOURCE, { known: seen.tag });
  assert.equal(after.status, 200);
  assert.notEqual(after.tag, seen.tag);
  // So does nginx where it compresses.
  const weakened = `W/${seen.tag}`;
  const changed = await ask(SOURCE, {
    method: "PATCH",
    tag: weakened,
    body: { endpoint: "https://m" },
  });
  assert.equal(changed.status, 200);
});

test("two who change different members of a source at once both have their way", async (t) => {
  const { ask } = await served(t);
  const members = ["page_size", "concurrency", "poll_interval", "discovery_interval", "endpoint"];
  const values = [50, 2, "11m", "2h", "https://m"];
  const answers = await Promise.all(
    members.map((member, i) => ask(SOURCE, { method: "PATCH", body: { [member]: values[i] } })),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    members.map(() => 200),
  );
  const { json } = await ask(SOURCE);
  const shown = { ...json, ...json.settings } as Readonly<Record<string, unknown>>;
  assert.deepEqual(
    members.map((member) => shown[member]),
    ["50", "2", "11m", "2h", "https://m"].map((text, i) => (i < 2 ? values[i] : text)),
  );
});

test("of two who set what is kept from one state, the second is told to look again", async (t) => {
  const { ask } = await served(t);
  const path = `${ROOT}/retention`;
  const { tag } = await ask(path);
  const set = (days: number) => ask(path, { method: "PATCH", tag, body: { retention_days: days } });
  const answers = await Promise.all([set(40), set(50)]);
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 412],
  );
  const without = await ask(path, { method: "PATCH", body: { retention_days: 60 } });
  assert.equal(without.status, 200);
});

test("a view is kept and forgotten as it was seen, and `*` demands that there is one", async (t) => {
  const { ask } = await served(t);
  const path = `${ROOT}/views/mine`;
  const view = (query: string) => ({ query, columns: ["hostname"] });
  const none = await ask(path, { method: "PUT", tag: "*", body: view("type:Router") });
  assert.deepEqual([none.status, none.json.code], [412, "changed_meanwhile"]);
  const kept = await ask(path, { method: "PUT", body: view("type:Router") });
  assert.equal(kept.status, 200);
  assert.equal(
    (await ask(path, { method: "PUT", tag: kept.tag, body: view("type:Switch") })).status,
    200,
  );
  assert.equal((await ask(path, { method: "DELETE", tag: kept.tag })).status, 412);
  const { tag } = await ask(path);
  assert.equal((await ask(path, { method: "DELETE", tag })).status, 204);
});

test("the document says which requests take If-Match", async (t) => {
  const { api } = await served(t);
  type Operation = {
    readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  };
  const { json } = await api.ask<{ paths: Record<string, Record<string, Operation>> }>(
    "GET /openapi.json",
  );
  const takers = Object.entries(json.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters = [] }]) =>
      parameters.some((one) => one.in === "header" && one.name === "if-match")
        ? [`${method} ${path.replace("/api/v1/tenants/{tenant}/", "")}`]
        : [],
    ),
  );
  assert.deepEqual(takers.toSorted(), [
    "delete sources/{source}",
    "delete views/{name}",
    "patch retention",
    "patch sources/{source}",
    "post sources/{source}/disable",
    "post sources/{source}/enable",
    "put views/{name}",
  ]);
});
