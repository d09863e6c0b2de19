import { createRoute, z } from "@hono/zod-openapi";

import {
  importAuthority,
  listAuthorities,
  type ShownAuthority,
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
import { authoritySchema } from "./contract-authorities.ts";
import { Problem } from "./errors.ts";
import {
  answers,
  needs,
  PROBLEMS,
  takes,
  TENANT_PATH,
  tenantParams,
  timeOf,
  type Api,
} from "./routes.ts";

/** PostgreSQL's int. */
const AUTHORITY_NO_MAX = 2 ** 31 - 1;
const tags = ["tenants"];

const list = createRoute({
  method: "get",
  path: `${TENANT_PATH}/authorities`,
  tags,
  summary: "The certificate authorities of a tenant's agents",
  ...needs("viewer or platform"),
  request: { params: tenantParams },
  responses: {
    200: answers(
      z.object({
        authorities: z.array(authoritySchema),
        root_pem: z.string().openapi({ description: "What agents trust the gateway by" }),
      }),
      "Oldest first, revoked ones too",
    ),
    ...PROBLEMS,
  },
});

const trust = createRoute({
  method: "post",
  path: `${TENANT_PATH}/authorities`,
  tags,
  summary: "Trust the authority of an existing PKI for a tenant's agents",
  ...needs("platform"),
  request: {
    params: tenantParams,
    body: takes(
      z
        .object({ pem: z.string().openapi({ description: "It and all above it, up to the root" }) })
        .openapi("NewAuthority"),
    ),
  },
  responses: { 201: answers(authoritySchema, "The authority"), ...PROBLEMS },
});

const oneParams = tenantParams.extend({
  authority_no: z.coerce
    .number()
    .int()
    .positive()
    .max(AUTHORITY_NO_MAX)
    .openapi({ description: "As the list has it" }),
});

const revoke = createRoute({
  method: "post",
  path: `${TENANT_PATH}/authorities/{authority_no}/revoke`,
  tags,
  summary:
    "Refuse every certificate of an authority, on open streams too; a tenant without another of its own gets one",
  ...needs("platform"),
  request: { params: oneParams },
  responses: { 200: answers(authoritySchema, "As it is now"), ...PROBLEMS },
});

const reinstate = createRoute({
  method: "post",
  path: `${TENANT_PATH}/authorities/{authority_no}/reinstate`,
  tags,
  summary: "Take the certificates of a revoked authority again",
  ...needs("platform"),
  request: { params: oneParams },
  responses: { 200: answers(authoritySchema, "As it is now"), ...PROBLEMS },
});

/** Adds the routes of authorities. */
export function addAuthorities(app: Api, context: ApiContext): void {
  const { db, authorities, clock } = context;
  app.openapi(list, async (c) => {
    const rows = await listAuthorities(db, c.get("tenant").tenant);
    const root_pem = await gatewayAnchors(db, authorities);
    return c.json({ authorities: rows.map(shown), root_pem }, 200);
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
