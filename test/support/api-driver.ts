/** Asks an API whatever its routes may be asked, and says what no answer may be. */
import fc from "fast-check";

import { createLog } from "../../src/lib/log.ts";
import { casesOf, type ApiCase, type ApiDocument } from "./api-cases.ts";
import { apiOver, type Answer, type Browser, type TestApi } from "./api-over.ts";
import { Patience } from "./patience.ts";
import { populate } from "./populated-tenant.ts";

/** Requests under way at once, as a page and a program send them. */
const AT_ONCE = 6;
/** Whoever is not known any more, because a case ended the token or the session, logs in anew; no sooner than after so many cases. */
const RENEWED_AFTER_MIN = 50;
/** Far longer than the slowest answer here, seconds in which this process ran. */
const ANSWER_MAX_S = 60;
/** Far more than the inputs of any route: seeds of its cases. */
const SEEDS_APART = 7_919;

/** Enough of a case and of the log to see what it was. */
const [CASE_CHARS_MAX, LOG_CHARS_MAX] = [3_000, 3_000];

const FOREIGN_MARK = "zq-foreign-mark";
/** What only the log is to show: a frame of a stack, a path of a file, a kept password. */
const LEAK = /\n\s+at |node_modules|file:\/\/|\.ts:\d|\$argon2/;

type Asker = ApiCase["asker"];
type Asking = Parameters<TestApi["ask"]>[1];
type Known = { readonly asking: Asking; readonly sinceCase: number };
type Round = {
  readonly api: TestApi;
  readonly lines: string[];
  readonly patience: Patience;
  readonly askers: Map<Asker, Promise<Known>>;
  caseNo: number;
  /** By kind, the first of each. */
  readonly faults: Map<string, string>;
};

/** What a round asked, and each kind of what was wrong once, with the first case that had it. */
export interface RoundResult {
  readonly cases: number;
  readonly faults: readonly string[];
}

/** Draws `perInput` cases for each input of each route, and asks them of an API over an empty migrated database. */
export async function driveApi(
  db: TestApi["db"],
  { seed, perInput }: { readonly seed: number; readonly perInput: number },
): Promise<RoundResult> {
  const lines: string[] = [];
  const log = createLog({ component: "test", format: "json", write: (line) => lines.push(line) });
  const api = await apiOver(db, { log });
  await api.tenant("acme");
  await api.tenant("globex");
  const names = await populate(api, "acme", "mark");
  const {
    source,
    device_id: device,
    command_id: command,
  } = await populate(api, "globex", FOREIGN_MARK);
  // The parked chunks have no body, which none lacks that was taken in.
  await api.db.query("delete from sync.inbox");
  const { json: document } = await api.ask<ApiDocument>("GET /openapi.json");
  const foreign = [source, device, command];
  const drawn = casesOf({ document, tenant: "acme", names, foreign }).flatMap(
    ({ cases, inputs }, no) =>
      fc.sample(cases, { numRuns: inputs * perInput, seed: seed + no * SEEDS_APART }),
  );
  using patience = new Patience(ANSWER_MAX_S);
  const round = { api, lines, patience, askers: new Map(), caseNo: 0, faults: new Map() };
  await all(shuffled(drawn, seed), round);
  return { cases: drawn.length, faults: [...round.faults.values()] };
}

/** In an order of the draw's own, so that each route meets what the others leave. */
function shuffled(cases: readonly ApiCase[], seed: number): readonly ApiCase[] {
  const [order] = fc.sample(
    fc.shuffledSubarray(
      cases.map((_, no) => no),
      { minLength: cases.length },
    ),
    { seed, numRuns: 1 },
  );
  return (order ?? []).flatMap((no) => cases[no] ?? []);
}

async function all(cases: readonly ApiCase[], round: Round): Promise<void> {
  const queue = cases.values();
  const work = async (): Promise<void> => {
    for (const one of queue) {
      round.caseNo += 1;
      round.api.clock.nowMs += 1_000;
      await check(one, round);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Who asks, as he is known since he was last renewed. */
async function askingOf(asker: Asker, round: Round): Promise<Asking> {
  const { api, askers, caseNo } = round;
  const known = askers.get(asker) ?? madeKnown(asker, api, caseNo);
  askers.set(asker, known);
  return (await known).asking;
}

async function madeKnown(asker: Asker, api: TestApi, sinceCase: number): Promise<Known> {
  return { asking: await logInAs(asker, api, sinceCase), sinceCase };
}

/** A token or session for who asks; the platform's administrator needs none. */
async function logInAs(asker: Asker, { ask, logIn }: TestApi, no: number): Promise<Asking> {
  const token = async (slug: string, role: string): Promise<Asking> => {
    const body = { name: `${role}-${no}`, role };
    const path = `POST /api/v1/tenants/${slug}/tokens`;
    return { token: (await ask<{ token: string }>(path, { body })).json.token };
  };
  if (asker === "platform") return {};
  if (asker === "nobody") return { browser: "nobody" };
  if (asker === "foreign admin") return await token("globex", "admin");
  if (asker !== "browser") return await token("acme", asker);
  const browser: Browser = await logIn(`driver-${no}`, { roles: { acme: "admin" } });
  return { browser };
}

/** Notes what is wrong with an answer, each kind once: the first case that had it. */
async function check(one: ApiCase, round: Round): Promise<void> {
  const { api, lines, patience } = round;
  const { asker, method, path, body, headers } = one;
  const asking = await askingOf(asker, round);
  const logged = lines.length;
  const answered = api.ask(`${method} ${path}`, { ...asking, body, headers }).then(
    (answer) => ({ status: answer.status, wrong: faultOf(one, answer) }),
    (thrown: unknown) => ({ status: 0, wrong: String(thrown) }),
  );
  const none = { status: 0, wrong: `no answer in ${ANSWER_MAX_S} s` };
  const { status, wrong } = await patience.within(answered, none);
  if (status === 401) await forget(one, round);
  if (wrong === undefined) return;
  const kind = `${one.route}: ${wrong.slice(0, 100)}`;
  if (round.faults.has(kind)) return;
  const said = lines.slice(logged).join("").slice(0, LOG_CHARS_MAX);
  round.faults.set(kind, `${wrong}\n${JSON.stringify(one).slice(0, CASE_CHARS_MAX)}\n${said}`);
}

/** Has who is not known any more log in for the next case, unless headers of the case's own were the reason. */
async function forget({ asker, headers }: ApiCase, round: Round): Promise<void> {
  if ("authorization" in headers || "cookie" in headers) return;
  const { sinceCase = 0 } = (await round.askers.get(asker)) ?? {};
  if (round.caseNo - sinceCase > RENEWED_AFTER_MIN) round.askers.delete(asker);
}

/**
 * What many at once may meet, and are told to come again: of two who write one tenant the later takes the right from the earlier, and on a
 * machine that is slow a connection, or a row that another holds, comes too late.
 */
const FOR_NOW: readonly unknown[] = ["lease_lost", "db_queue_timeout", "db_lock_not_available"];

function isForNow(json: unknown, headers: Headers): boolean {
  return FOR_NOW.includes((json as { code?: unknown } | null)?.code) && headers.has("retry-after");
}

function faultOf(
  { asker, path: written }: ApiCase,
  { status, headers, json }: Answer<unknown>,
): string | undefined {
  const text = JSON.stringify(json);
  // Without the dots that lead out of it.
  const path = new URL(written, "http://core").pathname;
  if (status >= 500 && !isForNow(json, headers)) return `${status} ${text}`;
  if (LEAK.test(text)) return `what only the log is to show: ${text}`;
  const isOfAcme = asker !== "platform" && asker !== "foreign admin";
  if (isOfAcme && text.includes(FOREIGN_MARK)) return `another tenant's: ${text}`;
  const isForeign = asker === "foreign admin" && path.startsWith("/api/v1/tenants/acme");
  if (isForeign && status < 400) return `${status} to another tenant's admin`;
  if (status < 400 || path.startsWith("/api/devices")) return undefined;
  const code = (json as { code?: unknown } | null)?.code;
  const isProblem = headers.get("content-type") === "application/problem+json";
  return isProblem && typeof code === "string"
    ? undefined
    : `${status} that is no problem: ${text}`;
}
