import { join } from "node:path";

import type { Program } from "../process/program.ts";
import { measureBrowser } from "./api-browser.ts";
import { bareLookUps, questionsOf, type Question } from "./api-questions.ts";
import { timed, type Ask, type Timing } from "./api-timing.ts";
import { openRig, TENANT, type Rig } from "./ingest-rig.ts";
import { pullAll, untilPublished } from "./ingest.ts";
/**
 * What a reader of the inventory waits for: list, filter, search, order and one device through HTTP, beside the bare look-ups in SQL
 * and a handler that does nothing; and how soon a browser shows the first row. The inventory is loaded by a real agent and core.
 */
import { rounded, type BenchOptions, type Section } from "./section.ts";

/** Any time will do. */
const START_MS = Date.UTC(2026, 2, 2, 8);
/** Requests of each kind, each with other values; the slowest kinds take a second each. */
const REQUESTS = 15;

/** The section. */
export const api: Section = {
  name: "api",
  run: async (options) => {
    const sizes: unknown[] = [];
    for (const devices of options.devices) sizes.push(await measure(devices, options));
    return sizes;
  },
};

async function measure(devices: number, options: BenchOptions): Promise<unknown> {
  options.signal.throwIfAborted();
  // One folder a size: a folder holds one inventory.
  const kept = options.keptDir && join(options.keptDir, `api-${devices}`);
  await using rig = await openRig(options.databaseUrl, kept);
  try {
    return await measureOn(rig, devices, options);
  } catch (thrown) {
    options.tell(`api: what the core said is in ${rig.keep()}/logs`);
    throw thrown;
  }
}

async function measureOn(rig: Rig, devices: number, options: BenchOptions): Promise<unknown> {
  const { tell, signal } = options;
  const core = await rig.startCore("gateway,ingest,api");
  await loadOnce(rig, { core, devices, options });
  const { token } = (await rig.command("token", "create", "bench", "--tenant", TENANT)) as {
    readonly token: string;
  };
  const ask = askerOf(rig.http, token);
  const empty = await timed(REQUESTS, () => ask("/version"));
  const bare = await bareLookUps(rig.db, { devices, requests: REQUESTS });
  const answers: Record<string, unknown> = {};
  for (const question of await questionsOf({ devices, ask })) {
    signal.throwIfAborted();
    answers[question.name] = await measureQuestion(question, { ask, bare, empty });
    tell(`api: ${question.name}: ${JSON.stringify(answers[question.name])}`);
  }
  const browser = await measureBrowser(rig, tell);
  return { devices, empty_handler_ms: empty.p50, bare_sql_ms: bare, answers, ...browser };
}

/** Loads them where they are not there from the last time. */
async function loadOnce(
  rig: Rig,
  {
    core,
    devices,
    options,
  }: { readonly core: Program; readonly devices: number; readonly options: BenchOptions },
): Promise<void> {
  const { rows } = await rig.db.query<{ devices: number }>(
    "select count(*) as devices from sync.devices",
  );
  if (rows[0]?.devices === devices) return;
  const began = performance.now();
  const agent = rig.connect();
  const { signal } = options;
  await pullAll({ rig, agent, devices, atMs: START_MS, isChanged: () => false, signal });
  await untilPublished({ rig, core, signal: options.signal });
  await rig.db.query("vacuum analyze sync.devices, sync.records, sync.members, sync.facts");
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  options.tell(`api: ${devices} devices are there after ${seconds} s`);
}

function askerOf(http: string, token: string): Ask {
  const headers = { authorization: `Bearer ${token}` };
  return async (path) => {
    const answer = await fetch(`http://${http}${path}`, { headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
    return text;
  };
}

async function measureQuestion(
  { pathOf, like }: Question,
  {
    ask,
    bare,
    empty,
  }: {
    readonly ask: Ask;
    readonly bare: Readonly<Record<Question["like"], number>>;
    readonly empty: Timing;
  },
): Promise<unknown> {
  let bytes = 0;
  const took = await timed(REQUESTS, async (nth) => {
    bytes = (await ask(pathOf(nth))).length;
  });
  return {
    ms: took,
    bytes,
    to_bare_sql: rounded(took.p50 / bare[like]),
    to_empty_handler: rounded(took.p50 / empty.p50),
  };
}
