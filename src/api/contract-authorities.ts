/** Of the contract: whose signature makes a certificate an agent's. */
import { z } from "@hono/zod-openapi";

/** A certificate authority of a tenant's agents. */
export const authoritySchema = z
  .object({
    no: z.number().int(),
    subject: z.string(),
    spki_sha256: z.string().openapi({ description: "Of its public key, hexadecimal" }),
    not_after: z.string().openapi({ format: "date-time" }),
    imported: z.boolean().openapi({ description: "Its key is held elsewhere" }),
    revoked_at: z
      .string()
      .optional()
      .openapi({ format: "date-time", description: "Its certificates are refused since then" }),
    certificate_pem: z.string(),
  })
  .openapi("Authority");

/** The same among those of all tenants. */
export const tenantAuthoritySchema = authoritySchema
  .extend({ tenant: z.string().openapi({ description: "Slug" }) })
  .openapi("TenantAuthority");
