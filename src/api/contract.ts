/**
 * What the REST API takes and gives, in JSON's own names. A member without a value is absent. Times are RFC 3339 in UTC.
 * The OpenAPI document is made from these schemas, and requests are checked against them.
 */
import { z } from "@hono/zod-openapi";

import { tuningSchema } from "./contract-tuning.ts";
import { PAGE_MAX } from "./page.ts";

/** Rows of a page where nobody says how many. */
export const PAGE_DEFAULT = 100;
/**
 * A cursor holds the sort values of the device where a page ended, in base64: a text of a device has at most 2,000 characters
 * (`model/device-update.ts`), three bytes each in UTF-8, so 8,000; as many as three such texts of ASCII. It is part of an address, of
 * which Node takes 16 KiB with all headers.
 */
export const CURSOR_CHARS_MAX = 8_192;

/** An instant: RFC 3339, UTC, milliseconds. */
export const time = z.iso.datetime().openapi({ example: "2026-01-30T08:15:00.000Z" });
/** A number of things. */
export const count = z.number().int().nonnegative();
const slug = z.string().openapi({ example: "default" });

/** How many rows of a list are wanted, and after which. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  after: z.string().max(CURSOR_CHARS_MAX).optional().openapi({
    description: "`next` of the page before; opaque",
  }),
});

const next = z.string().optional().openapi({
  description: "Present when there is another page: give it as `after`",
});

/** What went wrong, as RFC 9457 has it; `code` is stable. */
export const problemSchema = z
  .object({
    title: z.string(),
    status: z.number().int(),
    code: z.string().openapi({ example: "invalid_request" }),
    detail: z.string().openapi({ description: "What failed, to what, and what to do" }),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          position: z
            .object({ from: count, to: count })
            .optional()
            .openapi({ description: "Where in a query, in UTF-16 units" }),
          suggestion: z.string().optional(),
        }),
      )
      .optional()
      .openapi({ description: "What is wrong with the request, by member" }),
    request_id: z.string().optional().openapi({ description: "Names the log line that says why" }),
    error: z.string().optional().openapi({
      description:
        "The detail once more, where the original's routes are asked: its clients read it",
    }),
  })
  .openapi("Problem");

/** A tenant. */
export const tenantSchema = z
  .object({ slug, uid: z.uuid(), name: z.string(), created_at: time })
  .openapi("Tenant");

/** A tenant with the size of what it has. */
export const tenantOverviewSchema = tenantSchema
  .extend({
    agents: count,
    agents_online: count,
    sources: count,
    sources_enabled: count,
    devices: count,
    devices_deleted: count,
    devices_provisional: count,
    records: count,
    aliases: count,
    inbox_waiting: count,
    inbox_parked: count,
    refused: count,
    devices_by_source: z.array(z.object({ source: z.string(), id: z.string(), devices: count })),
  })
  .openapi("TenantOverview");

/** A tenant that is to be made. */
export const newTenantSchema = z
  .object({ slug: z.string().max(64), name: z.string().trim().min(1).max(200).optional() })
  .strict()
  .openapi("NewTenant");

/** An agent. */
export const agentSchema = z
  .object({
    agent_id: z.string(),
    partition: z.string(),
    state: z.enum(["online", "silent", "stopped", "never_seen", "revoked"]).openapi({
      description: "stopped: it said so itself; silent: nothing was heard of it for 90 s",
    }),
    hostname: z.string().optional(),
    version: z.string().optional(),
    created_at: time,
    revoked_at: time.optional(),
    last_seen_at: time.optional(),
    gateway_id: z.string().optional().openapi({ description: "The gateway that it greeted last" }),
    certificate_not_after: time.optional(),
    certificate_issuer: z.string().optional().openapi({
      description: "Of the certificate that it greeted with last, as a distinguished name",
    }),
    config_offered: z.string().optional(),
    config_running: z.string().optional(),
    config_running_at: time.optional().openapi({ description: "When it confirmed this one" }),
    status: z.unknown().optional().openapi({ description: "The agent's newest sync status" }),
  })
  .openapi("Agent");

/** An agent that is to be certified. */
export const newAgentSchema = z
  .object({
    agent_id: z.string().max(128),
    partition: z.string().max(128).default("default"),
    cn_form: z
      .union([z.literal(3), z.literal(4)])
      .default(4)
      .openapi({
        description:
          "Labels of the certificate's common name; 3 for gateways of the newer original",
      }),
    signing_request: z.string().max(16_384).optional().openapi({
      description: "PKCS #10 in PEM. Without it the core makes the key too, and gives it once",
    }),
    renew: z.boolean().default(false).openapi({
      description: "Certify an agent that exists already",
    }),
  })
  .strict()
  .openapi("NewAgent");

/** An agent's certificate. Nothing of it is kept, so it is given once. */
export const certifiedAgentSchema = z
  .object({
    agent: agentSchema,
    outcome: z.enum(["created", "renewed", "reinstated"]),
    bundle: z.object({
      root_pem: z.string().openapi({ description: "What the agent trusts a gateway by" }),
      chain_pem: z.string().openapi({ description: "The agent's certificate and its issuer's" }),
      private_key_pem: z.string().optional(),
      server_name: z.string().openapi({
        description: "A name in every gateway's certificate, whatever address is dialled",
      }),
      gateway_addr: z.string().optional().openapi({
        description:
          "Where the core takes its gateway to be reached: the first `--gateway-name` of `serve`, else what it listens on. Absent where this process has no gateway",
        example: "gateway.example.net:50052",
      }),
    }),
  })
  .openapi("CertifiedAgent");

/** A token by which a host is to enrol as an agent. */
export const newEnrolmentSchema = z
  .object({
    agent_id: z.string().max(128),
    partition: z.string().max(128).default("default"),
    cn_form: z.union([z.literal(3), z.literal(4)]).default(4),
    renew: z.boolean().default(false),
    expires_in: z.string().max(32).default("24h").openapi({ example: "24h" }),
    gateway_addr: z.string().max(255).optional(),
    core_url: z.string().max(255).optional(),
  })
  .strict()
  .openapi("NewEnrolment");

/** Where hosts reach this process, as far as it knows. */
export const enrolmentAddressesSchema = z
  .object({
    gateway_addr: z.string().optional().openapi({
      description:
        "The gateway: the first `--gateway-name` of `serve`, else what it listens on. Absent where this process has none",
      example: "gateway.example.net:50052",
    }),
    core_url: z.string().optional().openapi({
      description:
        "Where hosts enrol, likewise. Absent where this process has no `--enroll-listen`",
      example: "https://gateway.example.net:50053",
    }),
  })
  .openapi("EnrolmentAddresses");

/** The token, given this once. */
export const enrolmentSchema = z
  .object({ token: z.string(), token_id: z.string(), agent_id: z.string(), expires_at: time })
  .openapi("Enrolment");

/** A token without its text. */
export const tokenSchema = z
  .object({
    token_no: count,
    name: z.string(),
    role: z.enum(["viewer", "operator", "admin"]),
    created_at: time,
    expires_at: time.optional(),
    last_used_at: time.optional(),
    revoked_at: time.optional(),
    state: z.enum(["valid", "expired", "revoked"]),
  })
  .openapi("Token");

/** A token that is to be made. */
export const newTokenSchema = z
  .object({
    name: z.string().trim().min(1).max(100),
    role: z.enum(["viewer", "operator", "admin"]).default("viewer"),
    expires_in: z.string().max(32).optional().openapi({
      description: "A duration; without it the token holds until it is revoked",
      example: "720h",
    }),
  })
  .strict()
  .openapi("NewToken");

/** A chunk that is parked, with the reason; -1 is a run's manifest. */
export const parkedChunkSchema = z
  .object({
    inbox_no: count,
    agent_id: z.string(),
    run_id: z.string(),
    chunk_index: z.number().int(),
    received_at: time,
    bytes: count,
    attempts: count,
    reason: z.string(),
  })
  .openapi("ParkedChunk");

/** What waits between agents and inventory. */
export const inboxSchema = z
  .object({
    waiting: count,
    waiting_bytes: count,
    oldest_at: time.optional(),
    parked: count,
    unpublished: count.openapi({ description: "Worked batches whose devices are to be published" }),
    held: count.openapi({ description: "Publications that the storm brake holds" }),
    parked_chunks: z.array(parkedChunkSchema),
    tuning: tuningSchema
      .optional()
      .openapi({ description: "Of the server that answers, for the platform's administrator" }),
  })
  .openapi("Inbox");

/** A parked chunk with its message as it was received. */
export const parkedMessageSchema = z
  .object({
    inbox_no: count,
    message_base64: z.string(),
    sha256: z.string().openapi({ description: "Of these bytes" }),
    damage: z.string().optional().openapi({
      description:
        "Why the message cannot be read any more; the bytes are then what is stored of it, compressed with zstd",
    }),
  })
  .openapi("ParkedMessage");

/** Refusals of one kind. */
export const refusalSchema = z
  .object({
    agent_id: z.string(),
    code: z.string(),
    message: z.string(),
    refused: count,
    first_at: time,
    last_at: time,
    certificate_serial: z.string().optional().openapi({
      description: "Of the certificate refused last, hexadecimal; absent: none was seen",
    }),
    certificate_sha256: z
      .string()
      .optional()
      .openapi({ description: "Its fingerprint, hexadecimal" }),
  })
  .openapi("Refusal");

/** A list with the way to its next page. */
export function pageOf<Name extends string, Row extends z.ZodType>(
  name: Name,
  row: Row,
): z.ZodObject<Record<Name, z.ZodArray<Row>> & { next: typeof next }> {
  return z.object({ [name]: z.array(row), next } as Record<Name, z.ZodArray<Row>> & {
    next: typeof next;
  });
}
