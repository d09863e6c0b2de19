import { createRoute, z } from "@hono/zod-openapi";

import {
  importAuthority,
  listAuthorities,
  type ShownAuthority,
} from "../control/authority-import.ts";
import { parseTenantSlug } from "../model/tenant.ts";
import type { ApiContext } from "./context.ts";
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

const tags = ["tenants"];

/** A certificate authority of a tenant's agents. */
export const authoritySchema = z
  .object({
    no: z.number().int(),
    subject: z.string(),
    spki_sha256: z.string().openapi({ description: "Of its public key, hexadecimal" }),
    not_after: z.string().openapi({ format: "date-time" }),
    imported: z.boolean().openapi({ description: "Its key is held elsewhere" }),
    certificate_pem: z.string(),
  })
  .openapi("Authority");

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
      "Those in force",
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

/** Adds the routes of authorities. */
export function addAuthorities(app: Api, { db, authorities, clock }: ApiContext): void {
  app.openapi(list, async (c) => {
    const rows = await listAuthorities(db, c.get("tenant").tenant);
    const { certificatePem: root_pem } = await authorities.root(db);
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
}

function shown(authority: ShownAuthority): z.infer<typeof authoritySchema> {
  return {
    no: authority.no,
    subject: authority.subject,
    spki_sha256: authority.spkiSha256,
    not_after: timeOf(authority.notAfterMs),
    imported: authority.isImported,
    certificate_pem: authority.certificatePem,
  };
}
