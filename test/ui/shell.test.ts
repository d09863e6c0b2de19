import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem, askWith, mayBeOtherwise, pathOf } from "../../src/ui/calls/api-client.ts";
import { mayPass } from "../../src/ui/calls/query-client.ts";
import { hasRole, refusalOf } from "../../src/ui/calls/session.ts";
import { staleAfter, topicsIn } from "../../src/ui/calls/topics.ts";
import { secretIn } from "../../src/ui/pages/hash-secret.ts";
import { freshness } from "../../src/ui/pages/overview/freshness.ts";
import { settingWords } from "../../src/ui/pages/settings/setting-words.ts";
import {
  durationWords,
  relativeDay,
  relativeTime,
  shortTime,
} from "../../src/ui/parts/time-words.ts";
import { shortcut } from "../../src/ui/shell/shortcuts.ts";

const pressed = (key: string, more: object = {}) => ({
  key,
  isControl: false,
  isOther: false,
  isTyping: false,
  ...more,
});

test("keys lead somewhere, and nowhere while somebody writes", () => {
  assert.equal(shortcut(pressed("/"), false).kind, "find");
  assert.equal(shortcut(pressed("?"), false).kind, "help");
  assert.equal(shortcut(pressed("k", { isControl: true, isTyping: true }), false).kind, "palette");
  assert.equal(shortcut(pressed("g"), false).kind, "began");
  const gone = shortcut(pressed("d"), true);
  assert.equal(gone.kind === "go" && gone.place.to, "/t/$tenant/devices");
  assert.equal(shortcut(pressed("d"), false).kind, "none");
  assert.equal(shortcut(pressed("/", { isTyping: true }), false).kind, "none");
});

test("times are told as people say them", () => {
  const now = Date.parse("2026-01-30T12:00:00Z");
  const said = (text: string): string => relativeTime(Date.parse(text), now);
  assert.equal(shortTime(now - 200_000, now), "3m ago");
  assert.equal(shortTime(now + 7_200_000, now), "in 2h");
  assert.equal(said("2026-01-30T11:59:58Z"), "just now");
  assert.equal(said("2026-01-30T11:57:10Z"), "2 minutes ago");
  assert.equal(said("2026-01-30T13:00:00Z"), "in 1 hour");
  assert.equal(said("2026-01-27T12:00:00Z"), "3 days ago");
  assert.equal(said("2036-01-27T12:00:00Z"), "in 9 years");
  assert.equal(relativeDay(Date.parse("2026-01-30T00:00:00Z"), now), "today");
  assert.equal(relativeDay(Date.parse("2026-01-29T00:00:00Z"), now), "yesterday");
  assert.equal(durationWords(380), "380 ms");
  assert.equal(durationWords(200_000), "3 min 20 s");
  assert.equal(durationWords(7_500_000), "2 h 5 min");
});

test("a problem keeps the core's code and sentence", async () => {
  const body = {
    title: "Conflict",
    status: 409,
    code: "agent_not_online",
    detail: "agent is silent",
  };
  const ask = askWith({
    fetch: () => Promise.resolve(new Response(JSON.stringify(body), { status: 409 })),
    csrfToken: () => undefined,
  });
  const thrown = await ask({ path: "/x" }).catch((error: unknown) => error);
  assert.ok(thrown instanceof ApiProblem);
  assert.equal(thrown.code, "agent_not_online");
  assert.equal(thrown.message, "agent is silent");
  assert.equal(mayPass(thrown, 0), false);
});

test("an answer of something between is no answer of the core's", async () => {
  const ask = askWith({
    fetch: () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 })),
    csrfToken: () => undefined,
  });
  const thrown = await ask({ path: "/x" }).catch((error: unknown) => error);
  assert.ok(thrown instanceof ApiProblem);
  assert.equal(thrown.code, "foreign_answer");
});

test("only changes carry the token that another site has not", async () => {
  const sent: (string | null)[] = [];
  const ask = askWith({
    fetch: (_path, request) => {
      sent.push(new Headers(request?.headers).get("x-csrf-token"));
      return Promise.resolve(new Response("{}"));
    },
    csrfToken: () => "t",
  });
  await ask({ path: "/x" });
  await ask({ path: "/x", method: "POST" });
  assert.deepEqual(sent, [null, "t"]);
});

test("a change carries the tag of the state that it is for, and an answer's tag is told", async () => {
  const sent: (string | null)[] = [];
  const ask = askWith({
    fetch: (_path, request) => {
      sent.push(new Headers(request?.headers).get("if-match"));
      return Promise.resolve(new Response("{}", { headers: { etag: '"b.c"' } }));
    },
    csrfToken: () => undefined,
  });
  const told: (string | undefined)[] = [];
  await ask({ path: "/x", onTag: (tag) => told.push(tag) });
  await ask({ path: "/x", method: "PATCH", ifMatch: '"a.b"' });
  assert.deepEqual([sent, told], [[null, '"a.b"'], ['"b.c"']]);
});

test("parts of a path are encoded and absent values left out", () => {
  assert.equal(
    pathOf(["tenants", "a/b", "runs"], { limit: 5, after: undefined, source: "x y" }),
    "/api/v1/tenants/a%2Fb/runs?limit=5&source=x+y",
  );
});

test("what the core tells makes the answers about it stale", () => {
  assert.deepEqual(topicsIn('runs {"run_no":4}'), ["runs"]);
  assert.deepEqual(topicsIn("ping"), []);
  assert.deepEqual(staleAfter("acme", "agents"), [
    ["t", "acme", "agents"],
    ["t", "acme", "sources"],
  ]);
});

test("a role has what the lesser ones have", () => {
  assert.equal(hasRole("admin", "operator"), true);
  assert.equal(hasRole("viewer", "operator"), false);
  assert.equal(hasRole(undefined, "viewer"), false);
});

test("a one-time secret is read from the address", () => {
  assert.equal(secretIn("#link=abc-1", "link"), "abc-1");
  assert.equal(secretIn("", "link"), undefined);
});

test("a refusal says which role is needed, and whose one has", () => {
  const asked = { least: "operator", tenant: "acme" } as const;
  assert.equal(refusalOf("admin", asked), undefined);
  assert.equal(refusalOf("viewer", asked), "Needs the role operator in acme; yours is viewer.");
  assert.equal(refusalOf(undefined, asked), "Needs the role operator in acme; you have none.");
});

test("only what may be answered otherwise is offered again", () => {
  const of = (status: number): boolean =>
    mayBeOtherwise(new ApiProblem({ status, code: "x", detail: "x" }));
  assert.deepEqual([0, 408, 429, 500, 503].map(of), [true, true, true, true, true]);
  assert.deepEqual([400, 401, 403, 404, 409].map(of), [false, false, false, false, false]);
  assert.equal(mayBeOtherwise(new TypeError("no network")), true);
});

test("data is as old as its oldest source, and of unknown age where one's last run brought nothing; a run under way brought nothing yet", () => {
  const run = (outcome: string, at: string) => ({
    run_no: 1,
    kind: "full" as const,
    outcome,
    entries: 1,
    started_at: at,
    ended_at: at,
  });
  const of = (sources: readonly object[]) =>
    ({ sources, source_counts: { total: sources.length }, freshness: {} }) as never;
  const [older, newer] = ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"];
  const a = { name: "a", state: "ok", last_run: run("success", newer) };
  const b = { name: "b", state: "ok", last_run: run("partial", older) };
  const off = { name: "c", state: "disabled", last_run: run("success", "2020-01-01T00:00:00Z") };
  assert.deepEqual(freshness(of([a, b, off])), { at: older, tone: "idle", words: "from b" });
  const failed = { name: "d", state: "ok", last_run: run("failed", newer) };
  assert.deepEqual(freshness(of([a, failed])), {
    tone: "bad",
    words: "last run of 1 source brought nothing",
  });
  const begun = {
    name: "e",
    state: "running",
    last_run: { ...run("running", older), ended_at: undefined },
  };
  assert.deepEqual(freshness(of([a, begun])), {
    at: newer,
    tone: "idle",
    words: "from a, 1 run under way",
  });
  assert.deepEqual(freshness(of([begun])), { tone: "idle", words: "1 run under way" });
  const fresh = { name: "f", state: "never_run" };
  assert.deepEqual(freshness(of([a, fresh])), {
    at: newer,
    tone: "idle",
    words: "from a, 1 source never ran",
  });
  assert.equal(freshness(of([off])).words, "no source runs");
});

test("of more sources than are told one by one, what failed is counted and the oldest whole run is told", () => {
  const many = (failing: number) =>
    freshness({
      sources: [],
      source_counts: { total: 300, failing },
      freshness: { oldest_whole_at: "2026-03-01T00:00:00Z" },
    } as never);
  assert.equal(many(7).words, "last run of 7 sources brought nothing");
  assert.equal(many(0).at, "2026-03-01T00:00:00Z");
});

test("a retention setting is read with the unit that its name ends in", () => {
  const words = [
    settingWords("retention_days", 30),
    settingWords("absent_hours", 1),
    settingWords("cleanup_interval_minutes", 1_440),
    settingWords("guard_percent", 10),
    settingWords("cleanup_enabled", 0),
    settingWords("batch_size", 1_000),
  ];
  assert.deepEqual(words, ["30 days", "1 hour", "1,440 minutes", "10%", "no", "1,000"]);
});
