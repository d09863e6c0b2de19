import { z } from "@hono/zod-openapi";

import {
  createToken,
  listTokens,
  revokeToken,
  tokenOfNumber,
  type ApiToken,
} from "../control/tokens.ts";
import { parseGoDuration } from "../lib/duration.ts";
import type { ApiContext } from "./context.ts";
import { newTokenSchema, pageOf, tokenSchema } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import {
  answers,
  paramsWith,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

const route = routesOf("tokens");

const list = route.get(`${TENANT_PATH}/tokens`, "admin", {
  summary: "Tokens without their texts, oldest first",
  request: { params: tenantParams, query: foundQuery },
  gives: { 200: answers(pageOf("tokens", tokenSchema), "One page, revoked ones too") },
});

const create = route.post(`${TENANT_PATH}/tokens`, "admin", {
  summary: "Make a token",
  request: { params: tenantParams, body: takes(newTokenSchema) },
  gives: {
    201: answers(
      z.object({ token: z.string(), about: tokenSchema }),
      "The token's text, given this once",
    ),
  },
});

const revoke = route.post(`${TENANT_PATH}/tokens/{token_no}/revoke`, "admin", {
  summary: "End a token",
  request: { params: paramsWith("token_no", "Number of the token") },
  gives: { 200: answers(tokenSchema, "The token as it is now") },
});

const BY_NUMBER: KeyedList<ApiToken, readonly [number]> = {
  letter: "t",
  kinds: ["number"],
  keyOf: ({ tokenNo }) => [tokenNo],
};

/** Adds the routes of tokens. */
export function addTokens(app: Api, { clock }: ApiContext): void {
  app.openapi(list, async (c) => {
    const { q: text, ...page } = c.req.valid("query");
    const { rows, next } = await keyedPage(BY_NUMBER, page, ({ after: [after] = [], limit }) =>
      listTokens(c.get("db"), c.get("tenant").tenant, { after, limit, text }),
    );
    return c.json({ tokens: rows.map((token) => shown(token, clock.now())), next }, 200);
  });
  app.openapi(create, async (c) => {
    const db = c.get("db");
    const { name, role, expires_in: expiresIn } = c.req.valid("json");
    const { token, text } = await createToken(db, c.get("tenant").tenant, {
      name,
      role,
      expiresMs: expiresIn === undefined ? undefined : clock.now() + lifeMs(expiresIn),
      actor: c.get("caller").actor,
    });
    return c.json({ token: text.reveal(), about: shown(token, clock.now()) }, 201);
  });
  app.openapi(revoke, async (c) => {
    const db = c.get("db");
    const { tenant, slug } = c.get("tenant");
    const given = c.req.valid("param").token_no;
    const tokenNo = /^\d{1,9}$/.test(given) ? Number(given) : 0;
    await revokeToken(db, tenant, { tokenNo, actor: c.get("caller").actor });
    const token = await tokenOfNumber(db, tenant, tokenNo);
    if (token === undefined) {
      throw new Problem("token_not_found", `tenant "${slug}" has no token ${given}`);
    }
    return c.json(shown(token, clock.now()), 200);
  });
}

/** Ten years: longer is meant to be "for ever", which is said by leaving it out. */
const LIFE_MAX_MS = 3_650 * 86_400_000;

function lifeMs(text: string): number {
  const life = parseGoDuration(text);
  if (!life.ok) throw new Problem("invalid_request", `expires_in ${life.error}`);
  if (life.value > 0 && life.value <= LIFE_MAX_MS) return life.value;
  throw new Problem(
    "invalid_request",
    `expires_in "${text}" must be longer than 0, at most 87600h`,
  );
}

function shown(token: ApiToken, nowMs: number): z.infer<typeof tokenSchema> {
  const isExpired = token.expiresMs !== undefined && token.expiresMs <= nowMs;
  const living = isExpired ? "expired" : "valid";
  return {
    token_no: token.tokenNo,
    name: token.name,
    role: token.role,
    created_at: timeOf(token.createdMs),
    expires_at: timeOf(token.expiresMs),
    last_used_at: timeOf(token.lastUsedMs),
    revoked_at: timeOf(token.revokedMs),
    state: token.revokedMs === undefined ? living : "revoked",
  };
}
