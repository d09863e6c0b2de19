/** The REST API over a database, in process: what a request is answered, and by whom it is made. */
import { randomBytes } from "node:crypto";

import { createApi } from "../../src/api/app.ts";
import { PLATFORM_ADMIN } from "../../src/api/caller.ts";
import type { Api } from "../../src/api/routes.ts";
import { Authorities } from "../../src/control/authorities.ts";
import { Sealer } from "../../src/control/secrets.ts";
import type { Db } from "../../src/db/pool.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";

/** What routes wait for each other, ms; longer are bounds. */
const MOMENT_MS = 5_000;

/** An answer with its JSON, which a test takes to be what the route says. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Body;
}

/** A browser's session, as its page holds it. */
export interface Browser {
  readonly cookie: string;
  readonly csrf: string;
}

/** How a request is made; without a token and a browser it is the platform's administrator's. */
interface Ask {
  readonly token?: string | undefined;
  /** "nobody" has no cookie yet. */
  readonly browser?: Browser | "nobody" | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An API under test. */
export interface TestApi {
  readonly app: Api;
  readonly db: Db;
  readonly sealer: Sealer;
  readonly clock: { nowMs: number };
  readonly ask: <Body = unknown>(request: string, options?: Ask) => Promise<Answer<Body>>;
  /** Makes a tenant and gives tokens of it by role. */
  readonly tenant: (
    slug: string,
  ) => Promise<Readonly<Record<"viewer" | "operator" | "admin", string>>>;
  /** Makes a user without a password, with roles by tenant, and logs in by a one-time link. */
  readonly logIn: (username: string, options?: LogIn) => Promise<Browser>;
}

interface LogIn {
  readonly roles?: Readonly<Record<string, string>>;
  readonly isPlatformAdmin?: boolean;
}

/** What a browser keeps of an answer that began a session. */
export function browserOf({ headers, json }: Answer<{ csrf_token: string }>): Browser {
  const [cookie = ""] = (headers.get("set-cookie") ?? "").split(";");
  return { cookie, csrf: json.csrf_token };
}

/** What of the application a test brings itself. */
export type Beside = Partial<Parameters<typeof createApi>[0]>;

/** An API over a migrated database; `ask("GET /api/v1/tenants")` begins at the root. */
export async function apiOver(db: Db, beside: Beside = {}): Promise<TestApi> {
  const clock = { nowMs: Date.now() };
  // A moment is over at once; what takes minutes does not come while a test looks.
  const sleep: Clock["sleep"] = (ms) =>
    ms <= MOMENT_MS ? Promise.resolve() : Promise.withResolvers<void>().promise;
  const ticking: Clock = { now: () => clock.nowMs, sleep };
  const sealer = new Sealer(randomBytes(32));
  const authorities = new Authorities(sealer, ticking);
  await authorities.root(db);
  const parts = { db, sealer, authorities, clock: ticking, log: silentLog() };
  const app = createApi({ ...parts, ...beside });
  const ask = async <Body>(request: string, options: Ask = {}): Promise<Answer<Body>> => {
    const [method = "GET", path = "/"] = request.split(" ");
    const { token, browser, body } = options;
    const answer = await app.fetch(
      new Request(new URL(path, "http://core"), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(browser === undefined || browser === "nobody"
            ? {}
            : { cookie: browser.cookie, "x-csrf-token": browser.csrf }),
          ...options.headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
      token === undefined && browser === undefined ? PLATFORM_ADMIN : {},
    );
    return { status: answer.status, headers: answer.headers, json: (await bodyOf(answer)) as Body };
  };
  const tenant: TestApi["tenant"] = async (slug) => {
    await ask("POST /api/v1/tenants", { body: { slug } });
    const make = async (role: string): Promise<string> => {
      const path = `POST /api/v1/tenants/${slug}/tokens`;
      const { json } = await ask<{ token: string }>(path, { body: { name: role, role } });
      return json.token;
    };
    return {
      viewer: await make("viewer"),
      operator: await make("operator"),
      admin: await make("admin"),
    };
  };
  const logIn: TestApi["logIn"] = async (
    username,
    { roles = {}, isPlatformAdmin = false } = {},
  ) => {
    const body = { username, is_platform_admin: isPlatformAdmin };
    await ask("POST /api/v1/users", { body });
    for (const [slug, role] of Object.entries(roles)) {
      await ask(`PUT /api/v1/tenants/${slug}/members/${username}`, { body: { role } });
    }
    const { json } = await ask<{ link: string }>(`POST /api/v1/users/${username}/link`);
    const login = { browser: "nobody", body: { link: json.link } } as const;
    return browserOf(await ask<{ csrf_token: string }>("POST /api/v1/session", login));
  };
  return { app, db, sealer, clock, ask, tenant, logIn };
}

/** JSON as what it is, a file as its text, and nothing of what would never end. */
async function bodyOf(answer: Response): Promise<unknown> {
  const type = answer.headers.get("content-type") ?? "";
  if (type.startsWith("text/event-stream")) {
    await answer.body?.cancel();
    return null;
  }
  const text = await answer.text();
  if (text === "") return null;
  return /json$|json;/.test(type) && !type.includes("ndjson") ? JSON.parse(text) : text;
}
