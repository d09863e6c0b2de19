import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem, askWith, pathOf } from "../../src/ui/calls/api-client.ts";
import { mayPass } from "../../src/ui/calls/query-client.ts";
import { hasRole } from "../../src/ui/calls/session.ts";
import { staleAfter, topicsIn } from "../../src/ui/calls/topics.ts";
import { secretIn } from "../../src/ui/pages/hash-secret.ts";
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
