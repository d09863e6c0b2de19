/** The REST API over a test database, in process: what a request is answered, and by whom it is made. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import { createApi } from "../../src/api/app.ts";
import { PLATFORM_ADMIN } from "../../src/api/caller.ts";
import type { Api } from "../../src/api/routes.ts";
import { Authorities } from "../../src/control/authorities.ts";
import { Sealer } from "../../src/control/secrets.ts";
import type { Db } from "../../src/db/pool.ts";
import type { Lease } from "../../src/inbox/lease.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { freshDatabase } from "./database.ts";

type Hooks = Parameters<typeof freshDatabase>[0];

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

/** A fresh database with an API over it; `ask("GET /api/v1/tenants")` begins at the root. */
export async function testApi(
  hooks: Hooks,
  beside: Partial<Parameters<typeof createApi>[0]> = {},
): Promise<TestApi> {
  const { db } = await freshDatabase(hooks);
  const clock = { nowMs: Date.now() };
  const ticking: Clock = { now: () => clock.nowMs, sleep: () => Promise.resolve() };
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

/** The right to write a tenant that the API made, for feeding it with test/support/dire.ts. */
export async function leaseOf(db: Db, slug: string): Promise<Lease> {
  const { rows } = await db.query<{ tenant: number }>(
    `update sync.tenant_ingest set owner = 'test', epoch = 1, lease_until = 'infinity'
      where tenant = (select tenant from sync.tenants where slug = $1) returning tenant`,
    [slug],
  );
  return { tenant: rows[0]?.tenant ?? 0, owner: "test", epoch: 1 };
}

/** The document's example payload (sync-runtime, "Example Integration Payload"), as it stands. */
export const DOCUMENT_PAYLOAD = readFileSync(
  new URL("../golden/sync-runtime/example-payload.json", import.meta.url),
  "utf8",
);
