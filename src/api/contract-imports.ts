import { z } from "@hono/zod-openapi";

/** What is known of a bundle before it is opened. */
export const shownBundleSchema = z
  .object({
    header: z.record(z.string(), z.unknown()).openapi({ description: "As it stands in the file" }),
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .openapi({ description: "SHA-256 of all that is signed, hexadecimal" }),
    signature: z.base64().max(2_000).openapi({ description: "The agent's" }),
  })
  .openapi("ShownBundle");

/** A bundle that was believed. */
export const openedBundleSchema = z
  .object({
    agent_id: z.string(),
    partition: z.string(),
    content_key: z.string().openapi({ description: "Opens this bundle alone; hexadecimal" }),
  })
  .openapi("OpenedBundle");

/** What became of a record of a bundle. */
export const importedSchema = z
  .object({
    run_id: z.string(),
    is_known: z.boolean().openapi({ description: "It was taken before, byte for byte" }),
  })
  .openapi("Imported");
