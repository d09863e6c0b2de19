import { z } from "@hono/zod-openapi";

import {
  importAuthority,
  listAllAuthorities,
  listAuthorities,
  type ShownAuthority,
  type TenantsAuthority,
} from "../control/authority-import.ts";
import {
  reinstateAuthority,
  revokeAuthority,
  type AuthorityAct,
} from "../control/authority-revocation.ts";
import { gatewayAnchors } from "../control/gateway-anchors.ts";
import type { Tenant } from "../control/tenants.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import type { ApiContext } from "./context.ts";
import { authoritySchema, tenantAuthoritySchema } from "./contract-authorities.ts";
import { pageOf, pageQuery } from "./contract.ts";
import { routesOf } from "./declare.ts";
import { Problem } from "./errors.ts";
import { foundQuery, keyedPage, type KeyedList } from "./keyed-list.ts";
import { answers, takes, TENANT_PATH, tenantParams, timeOf, type Api } from "./routes.ts";

/** PostgreSQL's int. */
const AUTHORITY_NO_MAX = 2 ** 31 - 1;
const route = routesOf("tenants");

const list = route.get(`${TENANT_PATH}/authorities`, "viewer or platform", {
  summary: "The certificate authorities of a tenant's agents",
  request: { params: tenantParams, query: pageQuery },
  gives: {
    200: answers(
      pageOf("authorities", authoritySchema).extend({
        root_pem: z.string().openapi({ description: "What agents trust the gateway by" }),
      }),
      "Oldest first, one page, revoked ones too",
    ),
  },
});

const listAll = route.get("/api/v1/authorities", "platform", {
  summary: "The certificate authorities of all tenants' agents",
  request: { query: foundQuery },
  gives: {
    200: answers(
      pageOf("authorities", tenantAuthoritySchema),
      "By tenant, one page; oldest first, revoked ones too",
    ),
  },
});

const trust = route.post(`${TENANT_PATH}/authorities`, "platform", {
  summary: "Trust the authority of an existing PKI for a tenant's agents",
  request: {
    params: tenantParams,
    body: takes(
      z
        .object({ pem: z.string().openapi({ description: "It and all above it, up to the root" }) })
        .openapi("NewAuthority"),
    ),
  },
  gives: { 201: answers(authoritySchema, "The authority") },
});

const oneParams = tenantParams.extend({
  authority_no: z.coerce
    .number()
    .int()
    .positive()
    .max(AUTHORITY_NO_MAX)
    .openapi({ description: "As the list has it" }),
});

const revoke = route.post(`${TENANT_PATH}/authorities/{authority_no}/revoke`, "platform", {
  summary:
    "Refuse every certificate of an authority, on open streams too; a tenant without another of its own gets one",
  request: { params: oneParams },
  gives: { 200: answers(authoritySchema, "As it is now") },
});

const reinstate = route.post(`${TENANT_PATH}/authorities/{authority_no}/reinstate`, "platform", {
  summary: "Take the certificates of a revoked authority again",
  request: { params: oneParams },
  gives: { 200: answers(authoritySchema, "As it is now") },
});

const BY_NUMBER: KeyedList<ShownAuthority, readonly [number]> = {
  letter: "h",
  kinds: ["number"],
  keyOf: ({ no }) => [no],
};
const BY_TENANT: KeyedList<TenantsAuthority, readonly [string, number]> = {
  letter: "l",
  kinds: ["text", "number"],
  keyOf: ({ tenant, no }) => [tenant, no],
};

/** Adds the routes of authorities. */
export function addAuthorities(app: Api, context: ApiContext): void {
  const { db, authorities, clock } = context;
  app.openapi(list, async (c) => {
    const wanted = c.req.valid("query");
    const { rows, next } = await keyedPage(BY_NUMBER, wanted, ({ after: [after] = [], limit }) =>
      listAuthorities(db, c.get("tenant").tenant, { after, limit }),
    );
    const root_pem = await gatewayAnchors(db, authorities);
    return c.json({ authorities: rows.map(shown), next, root_pem }, 200);
  });
  app.openapi(listAll, async (c) => {
    const { q: text, ...wanted } = c.req.valid("query");
    const { rows, next } = await keyedPage(BY_TENANT, wanted, (slice) =>
      listAllAuthorities(db, { ...slice, text }),
    );
    return c.json({ authorities: rows.map(shownOf), next }, 200);
  });
  app.openapi(trust, async (c) => {
    const { tenant, slug: text } = c.get("tenant");
    const slug = parseTenantSlug(text);
    if (!slug.ok) throw new Problem("tenant_not_found", slug.error);
    const { pem } = c.req.valid("json");
    const imported = await importAuthority(
      db,
      { tenant, slug: slug.value },
      { text: pem, actor: c.get("caller").actor, nowMs: clock.now() },
    );
    if (!imported.ok) throw new Problem("invalid_authority", `the file ${imported.error}`);
    return c.json(shown(imported.value), 201);
  });
  app.openapi(revoke, async (c) => {
    const act = actOf(c.get("tenant"), c.req.valid("param").authority_no, c.get("caller").actor);
    return c.json(found(await revokeAuthority(db, authorities, act), act), 200);
  });
  app.openapi(reinstate, async (c) => {
    const act = actOf(c.get("tenant"), c.req.valid("param").authority_no, c.get("caller").actor);
    return c.json(found(await reinstateAuthority(db, act), act), 200);
  });
}

function actOf({ tenant, slug: text }: Tenant, authorityNo: number, actor: string): AuthorityAct {
  const slug = parseTenantSlug(text);
  if (!slug.ok) throw new Problem("tenant_not_found", slug.error);
  return { tenant, slug: slug.value, authorityNo, actor };
}

function found(
  authority: ShownAuthority | undefined,
  { slug, authorityNo }: AuthorityAct,
): z.infer<typeof authoritySchema> {
  if (authority !== undefined) return shown(authority);
  throw new Problem("not_found", `tenant "${slug}" has no authority ${authorityNo}`);
}

function shownOf({
  tenant,
  ...authority
}: TenantsAuthority): z.infer<typeof tenantAuthoritySchema> {
  return { ...shown(authority), tenant };
}

function shown(authority: ShownAuthority): z.infer<typeof authoritySchema> {
  return {
    no: authority.no,
    subject: authority.subject,
    spki_sha256: authority.spkiSha256,
    not_after: timeOf(authority.notAfterMs),
    imported: authority.isImported,
    revoked_at: timeOf(authority.revokedMs),
    certificate_pem: authority.certificatePem,
  };
}
