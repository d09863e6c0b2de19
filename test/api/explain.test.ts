/** Why a device is one, and why two are not, as a caller reads it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { armis, fleet, netbox, type Fleet } from "../support/said.ts";

const DEVICES = "/api/v1/tenants/acme/devices";

type Words = { readonly words: string };
type Explanation = {
  readonly summary: readonly string[];
  readonly records: readonly { readonly native_id: string; readonly parts: number }[];
  readonly joins: readonly (Words & { readonly assertion_no?: number })[];
  readonly shared: readonly Words[];
  readonly muted: readonly (Words & { readonly elsewhere: readonly { device_id?: string }[] })[];
  readonly apart: readonly Words[];
  readonly turns: readonly Words[];
  readonly barrier?: string;
};

async function explain(api: Fleet, id: string, other?: string): Promise<Explanation> {
  const path = other === undefined ? "explain" : `apart-from/${other}`;
  const { status, json } = await api.ask<Explanation>(`GET ${DEVICES}/${id}/${path}`);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}

async function idBy(api: Fleet, q: string): Promise<string> {
  const { json } = await api.ask<{ devices: readonly { id: string }[] }>(`GET ${DEVICES}?q=${q}`);
  return json.devices[0]?.id ?? "";
}

const words = (all: readonly Words[]): readonly string[] => all.map(({ words: one }) => one);

test("a value that two devices contest is told with who holds it, and what would free it", async (t) => {
  const api = await fleet(t);
  await api.say(
    netbox({ id: 1, hostname: "one", metadata: { serial: "SN-A001" } }),
    netbox({ id: 2, hostname: "two", metadata: { serial: "SN-A001" } }),
    armis({ id: 11, ip: "10.0.0.7", metadata: { serial: "SN-A001" } }),
  );
  const lone = await idBy(api, "10.0.0.7");
  const told = await explain(api, lone);
  assert.deepEqual(words(told.muted), [
    "serial SN-A001 joins nothing: nb lists 2 records with it at the same time. Elsewhere: nb/1 (one) and nb/2 (two)",
  ]);
  assert.ok(told.muted[0]?.elsewhere.every(({ device_id: id }) => id !== undefined));
  assert.deepEqual(words(told.turns), [
    "If an operator allowed serial SN-A001, nb/1 would join",
    "If nb/1 did not say serial SN-A001, nb/2 would join",
    "If nb/2 did not say serial SN-A001, nb/1 would join",
  ]);
  assert.equal(told.apart.length, 2);
  const pair = await explain(api, lone, await idBy(api, "two"));
  assert.deepEqual(words(pair.turns), ["If nb/1 did not say serial SN-A001, nb/2 would join"]);
});

test("a record that followed several machines is told as such", async (t) => {
  const api = await fleet(t);
  const dock = "00:1B:44:11:22:33";
  await api.say(
    netbox({ id: 1, hostname: "lap-1", metadata: { serial: "SN-A001" } }),
    netbox({ id: 2, hostname: "lap-2", metadata: { serial: "SN-B002" } }),
    armis({ id: 11, hostname: "lap-1", mac: dock }),
    armis({ id: 11, hour: 24, hostname: "lap-2", mac: dock }),
    netbox({ id: 1, hour: 24, hostname: "lap-1", metadata: { serial: "SN-A001" } }),
    netbox({ id: 2, hour: 24, hostname: "lap-2", metadata: { serial: "SN-B002" } }),
  );
  const told = await explain(api, await idBy(api, "lap-1"));
  const parts = new Map(told.records.map(({ native_id: native, parts: all }) => [native, all]));
  assert.deepEqual([parts.get("1"), parts.get("11")], [1, 2]);
  assert.match(told.summary[1] ?? "", /^ar\/11 spoke of several machines in turn/);
});

test("an operator's part in it is told, and what would be without", async (t) => {
  const api = await fleet(t);
  await api.say(
    netbox({ id: 1, hostname: "lap-1" }),
    netbox({ id: 2, hour: 1, hostname: "lap-2" }),
  );
  const [one, other] = [await idBy(api, "lap-1"), await idBy(api, "lap-2")];
  await api.ask(`POST ${DEVICES}/${one}/merge`, { body: { other } });
  const told = await explain(api, one);
  assert.deepEqual(words(told.joins), ["nb/1 and nb/2: joined by an operator, decision 1"]);
  assert.deepEqual(words(told.turns), ["Without decision 1, nb/2 would leave"]);
  await api.ask(`POST /api/v1/tenants/acme/assertions/1/revoke`, { body: {} });
  await api.ask(`POST ${DEVICES}/${one}/never-merge`, { body: { other } });
  const pair = await explain(api, one, other);
  assert.equal(pair.barrier, "never_merge");
});

test("a device that is but an address is told as that, and compared with none", async (t) => {
  const api = await fleet(t);
  await api.say(
    { source: "sweep", ip: "10.9.9.9", timestamp: "2026-01-01T00:00:00Z", hostname: "" },
    netbox({ id: 1, hostname: "lap-1" }),
  );
  const swept = await idBy(api, "10.9.9.9");
  assert.match((await explain(api, swept)).summary[0] ?? "", /known by an address alone/);
  const pair = await explain(api, swept, await idBy(api, "lap-1"));
  assert.match(pair.summary[0] ?? "", /cannot be compared/);
});
