import assert from "node:assert/strict";
import { test } from "node:test";

import type { Agent } from "../../src/ui/calls/agents.ts";
import type { Run, RunDetail } from "../../src/ui/calls/runs.ts";
import type { Source } from "../../src/ui/calls/sources.ts";
import type { SourceStanding } from "../../src/ui/calls/standing.ts";
import { patchOf } from "../../src/ui/pages/new-source/draft.ts";
import { attentionOf, hasMoreSources } from "../../src/ui/pages/overview/attention.ts";
import { runAbout, runWord } from "../../src/ui/pages/run-words.ts";
import { manifestLines } from "../../src/ui/pages/runs/manifest-lines.ts";
import { runSeries } from "../../src/ui/pages/runs/run-series.ts";
import { differencesOf, historyLines } from "../../src/ui/pages/sources/differences.ts";
import { nextRun } from "../../src/ui/pages/sources/next-run.ts";
import { sharesOf } from "../../src/ui/pages/sources/run-shares.ts";
import {
  besideStored,
  changedMeanwhile,
  formOf,
  shownTag,
} from "../../src/ui/pages/sources/settings-form.ts";
import { stepsShown } from "../../src/ui/pages/sources/test-steps.ts";

const NOW = Date.parse("2026-01-30T12:00:00Z");
const SOURCE: Source = {
  id: "3d2dadfa-5c1f-4e06-b679-50bd3d56b6b3",
  name: "netbox_dc1",
  type: "netbox",
  endpoint: "https://netbox.example.com",
  agent_id: "a",
  partition: "default",
  enabled: true,
  poll_interval: "10m",
  discovery_interval: "1h",
  credentials: ["api_token"],
  settings: {},
  created_at: "2026-01-30T11:00:00.000Z",
  updated_at: "2026-01-30T11:00:00.000Z",
};
const AGENT: Agent = {
  agent_id: "a",
  partition: "default",
  state: "online",
  created_at: "2026-01-30T11:00:00.000Z",
  status: {
    sources: [
      {
        name: "netbox_dc1",
        sync_service_id: SOURCE.id,
        state: "idle",
        next_due: "2026-01-30T12:05:00Z",
      },
    ],
  },
};

const STANDING: SourceStanding = {
  id: SOURCE.id,
  name: SOURCE.name,
  type: SOURCE.type,
  agent_id: "a",
  state: "never_run",
};

const why = (source: Source, agent: Agent | undefined): string => {
  const next = nextRun(source, agent, NOW);
  return next.kind === "blocked" ? next.why.title : next.kind;
};

test("a source says when it runs next, or why it does not", () => {
  assert.deepEqual(nextRun(SOURCE, AGENT, NOW), {
    kind: "at",
    at: "2026-01-30T12:05:00Z",
    due: "later",
    isReckoned: false,
  });
  const dueAt = (secondsAgo: number): string => {
    const next = nextRun(SOURCE, AGENT, Date.parse("2026-01-30T12:05:00Z") + secondsAgo * 1_000);
    return next.kind === "at" ? next.due : next.kind;
  };
  assert.deepEqual([dueAt(5), dueAt(90)], ["now", "late"]);
  assert.equal(why({ ...SOURCE, enabled: false }, AGENT), "It is paused");
  assert.equal(why(SOURCE, undefined), "It has no agent");
  assert.match(why(SOURCE, { ...AGENT, state: "silent" }), /is silent/);
  assert.match(why(SOURCE, { ...AGENT, state: "never_seen" }), /never connected/);
  assert.match(why(SOURCE, { ...AGENT, state: "revoked" }), /revoked/);
  assert.match(why(SOURCE, { ...AGENT, status: { sources: [] } }), /not confirmed/);
  const expired = { ...AGENT, state: "silent", certificate_not_after: "2026-01-29T00:00:00Z" };
  assert.match(why(SOURCE, expired as Agent), /certificate has expired/);
  const failed = { kind: "network", message: "GET … answered 503" };
  const retries = {
    name: "netbox_dc1",
    state: "running",
    waiting: { reason: "retry", for_sec: 9 },
  };
  assert.match(why(SOURCE, { ...AGENT, status: { sources: [retries] } }), /waits after a failure/);
  const sources = [
    { name: "netbox_dc1", state: "backoff", next_due: "2026-01-30T12:01:00Z", error: failed },
  ];
  const waits = nextRun(SOURCE, { ...AGENT, status: { sources } }, NOW);
  assert.equal(
    waits.kind === "blocked" ? waits.why.about : "",
    "GET … answered 503. It tries again in 1 minute.",
  );
  const last_run = { run_no: 1, outcome: "failed", error: "GET … answered 503; wait for it." };
  const told = nextRun({ ...SOURCE, last_run } as Source, { ...AGENT, status: { sources } }, NOW);
  assert.match(
    told.kind === "blocked" ? told.why.about : "",
    /^GET … answered 503; wait for it\. It tries/,
  );
});

test("a run that began since the agent spoke is no longer due, and the next one is reckoned by the poll interval", () => {
  const dueAfter = (started_at: string, seconds = 0): readonly unknown[] => {
    const last_run = { run_no: 1, kind: "delta", outcome: "success", started_at, entries: 0 };
    const now = Date.parse("2026-01-30T12:05:10Z") + seconds * 1_000;
    const next = nextRun({ ...SOURCE, last_run }, AGENT, now);
    return next.kind === "at" ? [next.at, next.due, next.isReckoned] : [next.kind];
  };
  const said = ["2026-01-30T12:05:00Z", "now", false];
  assert.deepEqual(dueAfter("2026-01-30T12:04:59.999Z"), said, "it began before");
  const reckoned = ["2026-01-30T12:15:00.000Z", "later", true];
  assert.deepEqual(dueAfter("2026-01-30T12:05:00Z"), reckoned);
  assert.deepEqual(dueAfter("2026-01-30T12:05:07Z"), reckoned, "its steps are equal");
  assert.deepEqual(dueAfter("2026-01-30T12:15:00Z"), ["2026-01-30T12:25:00.000Z", "later", true]);
  assert.deepEqual(dueAfter("2026-01-30T12:05:00Z", 700), [reckoned[0], "late", true]);
});

test("what needs a person comes first, and what is well is not told", () => {
  assert.deepEqual(attentionOf({ sources: [STANDING], agents: [AGENT] }, NOW), []);
  const last_run = {
    run_no: 1,
    kind: "full",
    outcome: "failed",
    started_at: SOURCE.created_at,
    entries: 0,
  };
  const found = attentionOf(
    {
      sources: [{ ...STANDING, state: "failing", last_run }],
      agents: [{ ...AGENT, state: "never_seen" }],
    },
    NOW,
  );
  assert.deepEqual(
    found.map(({ tone }) => tone),
    ["bad", "warn"],
  );
});

test("that more sources need a look than are listed is told, not that more are well", () => {
  const last_run = { run_no: 1, kind: "full", outcome: "partial", started_at: "", entries: 1 };
  const sources = [{ ...STANDING, state: "ok", last_run }];
  const of = (counts: object): never => ({ sources, source_counts: counts }) as never;
  const none = { total: 300, ok: 300, failing: 0, stale: 0 };
  assert.equal(hasMoreSources(of({ ...none, partial: 1 })), false);
  assert.equal(hasMoreSources(of({ ...none, partial: 2 })), true);
  assert.equal(hasMoreSources(of({ ...none, failing: 1, partial: 1 })), true);
});

test("a source that is read but long was not read whole needs a look", () => {
  const last_run = {
    run_no: 1,
    kind: "delta",
    outcome: "success",
    started_at: SOURCE.created_at,
    entries: 0,
  };
  const [found] = attentionOf({ sources: [{ ...STANDING, state: "stale", last_run }] }, NOW);
  assert.equal(found?.title, "netbox_dc1 was long not read whole");
});

test("doubtful values and such as go from device to device need a person too", () => {
  const none = { count: 0, rows: [] };
  const quality = {
    held_apart: 0,
    flapping_records: none,
    flapping_values: { count: 2, rows: [] },
    crowded_devices: none,
    learnt_values: { count: 1, rows: [] },
    overturned_merges: none,
    contested_values: 1,
    generic_values: 0,
    quarantined_pairs: 0,
    held_publications: 0,
  };
  assert.deepEqual(
    attentionOf({ quality }, NOW).map(({ title }) => title),
    ["2 values going from device to device", "1 doubtful value no longer counted as evidence"],
  );
});

test("a test's steps that are to come wait behind the one under way", () => {
  const come = [{ step: "dns", outcome: "passed", message: "found", ms: 3 }] as const;
  const shown = stepsShown(come, true).map(({ outcome }) => outcome);
  assert.deepEqual(shown, ["passed", "running", "waiting", "waiting", "waiting", "waiting"]);
  assert.equal(stepsShown([], false)[0]?.outcome, "waiting");
  const message = "not tried, because tcp failed";
  const after = stepsShown([{ step: "tls", outcome: "skipped", message, ms: 0 }], false);
  assert.equal(after[2]?.message, "not tried, because Connection failed");
});

test("a change is told member by member", () => {
  const found = differencesOf({ a: 1, b: "x", updatedMs: 1 }, { a: 2, b: "x", updatedMs: 9 });
  assert.deepEqual(found, [{ member: "a", before: "1", after: "2" }]);
  assert.deepEqual(differencesOf(undefined, { a: 1 }), []);
});

test("a source's history tells of settings one by one, of intervals in their units, and that a secret was stored anew", () => {
  const before = {
    name: "netbox_dc1",
    endpoint: "https://old.example",
    agentId: "dc1",
    pollIntervalMs: 600_000,
    settings: { page_size: 250, proxy_url: "http://proxy:3128" },
    credentialNames: ["api_token"],
    updatedMs: 1,
  };
  const settings = { page_size: 500, proxy_url: "http://proxy:3128" };
  const after = { ...before, pollIntervalMs: 300_000, settings, updatedMs: 2 };
  assert.deepEqual(historyLines({ before, after }), [
    { member: "Poll every", text: "10m → 5m" },
    { member: "page_size", text: "250 → 500" },
  ]);
  const rotated = { ...before, credentials_set: ["api_token"] };
  assert.deepEqual(historyLines({ before, after: rotated }), [
    { member: "api_token", text: "stored anew" },
  ]);
  assert.deepEqual(historyLines({ after: { ...before, credentials_set: ["api_token"] } }), [
    { member: "Address", text: "https://old.example" },
    { member: "Agent", text: "dc1" },
    { member: "Credentials", text: '["api_token"]' },
  ]);
  assert.deepEqual(historyLines({ before: { enabled: true }, after: { enabled: false } }), [
    { member: "Enabled", text: "true → false" },
  ]);
});

const COUNTS = { entries: 40, created: 10, changed: 5, unchanged: 20, rejected: 5, merged: 1 };

test("shares of a run are of what its source says it holds", () => {
  const run = { ...COUNTS, manifest: undefined };
  assert.equal(sharesOf(run).of, 40);
  const manifest = {
    outcome: "success",
    pages: 1,
    devices: 40,
    chunks: 1,
    rejected: {},
    source_total: 80,
  };
  assert.equal(sharesOf({ ...COUNTS, manifest }).of, 80);
});

test("runs are a course over time once two have ended, and those of one moment are one point", () => {
  const run = (second: number, entries: number): Run =>
    ({
      ...COUNTS,
      entries,
      created: 1,
      changed: 2,
      ended_at: `2026-01-30T12:00:0${second}.500Z`,
    }) as unknown as Run;
  assert.equal(runSeries([run(1, 40), { ...run(2, 9), ended_at: undefined }]), undefined);
  const drawn = runSeries([run(3, 5), run(1, 40), run(1, 2)]);
  assert.deepEqual(
    drawn?.series.map(({ values }) => values),
    [
      [42, 5],
      [6, 3],
    ],
  );
  assert.equal((drawn?.times[1] ?? 0) - (drawn?.times[0] ?? 0), 2);
  const soon = { ...run(1, 2), ended_at: "2026-01-30T12:00:01.700Z" };
  assert.equal(runSeries([soon, run(1, 40)])?.times.length, 2, "two of one second");
});

test("the manifest stands beside what arrived", () => {
  const manifest = {
    outcome: "success",
    pages: 2,
    devices: 40,
    chunks: 1,
    rejected: { bad_mac: 5 },
  };
  const lines = manifestLines({ ...COUNTS, chunks: 1, manifest } as unknown as RunDetail);
  assert.deepEqual(
    lines.find(({ what }) => what === "Records"),
    { what: "Records", said: 40, has: 40, promised: undefined },
  );
});

const STORED: Source = { ...SOURCE, settings: { page_size: 250 } };

test("a form of a source sends what its reader changed, whatever a colleague saves meanwhile", () => {
  const form = formOf(STORED);
  assert.ok(form !== undefined);
  const written = { ...form, draft: { ...form.draft, pollInterval: "5m" } };
  const theirs = {
    ...STORED,
    endpoint: "https://new.example.com",
    updated_at: "2026-01-30T12:01:00.000Z",
  };
  const kept = besideStored(written, theirs);
  assert.deepEqual(patchOf(kept.before, kept.draft), { poll_interval: "5m" });
  assert.deepEqual(changedMeanwhile(kept, theirs), { theirs: ["endpoint"], both: [] });
  const same = { ...theirs, poll_interval: "20m" };
  assert.deepEqual(changedMeanwhile(kept, same).both, ["poll_interval"]);
  // Of what was just saved the page may know an older state for a moment.
  assert.deepEqual(changedMeanwhile({ ...written, since: same.updated_at }, STORED).theirs, []);
});

test("a form is saved for the newest state that its reader was shown", () => {
  const form = formOf({ ...STORED, etag: '"begun"' });
  assert.ok(form !== undefined);
  assert.equal(shownTag(form, { ...STORED, etag: '"begun.ran since"' }), '"begun.ran since"');
  const theirs = { ...STORED, updated_at: "2026-01-30T12:01:00.000Z", etag: '"theirs"' };
  assert.equal(shownTag(form, theirs), '"theirs"');
  // Of what was just saved the page may know an older state for a moment.
  assert.equal(shownTag({ ...form, since: theirs.updated_at, etag: '"saved"' }, STORED), '"saved"');
});

test("a form in which nothing is written follows what is stored", () => {
  const form = formOf(STORED);
  const theirs = { ...STORED, poll_interval: "20m", updated_at: "2026-01-30T12:01:00.000Z" };
  assert.ok(form !== undefined);
  assert.equal(besideStored(form, theirs).draft.pollInterval, "20m");
  const saved = besideStored(form, theirs);
  assert.equal(besideStored(saved, STORED), saved);
});

test("a run is called as its source's intervals are", () => {
  assert.deepEqual(["delta", "full", "unknown"].map(runWord), ["poll", "discovery", "run"]);
  const about = (kind: string): string => runAbout({ kind, agent_id: "a" });
  assert.equal(about("delta"), "Poll by a: it reads what changed since the run before");
  assert.equal(about("unknown"), "Run by a");
});
