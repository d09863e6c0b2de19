/** What the REST API takes and gives of devices. */
import { z } from "@hono/zod-openapi";

import { QUERY_MAX_CHARS } from "../model/srql-syntax.ts";
import { count, CURSOR_CHARS_MAX, pageOf, pageQuery, time } from "./contract.ts";
import { EXPORT_FORMATS } from "./page.ts";

/** A name to jump to: no hostname is longer. */
const FROM_CHARS_MAX = 255;

/** A device as it is published. */
export const deviceSchema = z
  .object({
    id: z.string().openapi({ example: "sr:0d9a3b6e-5c1f-4e57-9b77-1f7a3f0f8d11" }),
    partition: z.string(),
    hostname: z.string().optional(),
    ip: z.string().optional(),
    mac: z.string().optional(),
    type: z.string().optional(),
    type_id: count,
    vendor_name: z.string().optional(),
    model: z.string().optional(),
    os: z.string().optional(),
    os_version: z.string().optional(),
    site: z.string().optional(),
    owner: z.string().optional(),
    serial: z.string().optional(),
    risk_score: z.number().optional().openapi({ description: "As its source reports it" }),
    risk_level: z.string().optional().openapi({ description: "OCSF: Info, Low … Critical" }),
    risk_level_id: count.optional(),
    is_managed: z.boolean().optional(),
    is_trusted: z.boolean().optional(),
    is_compliant: z.boolean().optional(),
    is_available: z.boolean().optional().openapi({ description: "Absent: no source says" }),
    is_provisional: z.boolean().openapi({ description: "Known by an address or a MAC alone" }),
    promoted_at: time.optional().openapi({ description: "When it stopped being provisional" }),
    classification: z
      .object({
        source: z.enum(["builtin", "filesystem"]),
        rule_id: z.string(),
        confidence: count,
        reason: z.string(),
      })
      .optional()
      .openapi({ description: "The enrichment rule that decided type, vendor or model" }),
    source_types: z.array(z.string()),
    sources: z.array(z.string()),
    records: count,
    first_seen: time,
    last_seen: time,
    deleted_at: time.optional(),
    deleted_reason: z.string().optional(),
    tags: z.record(z.string(), z.string()).openapi({
      description: "Of records and operators; a bare word has the empty value",
    }),
    own_tags: z.array(z.string()).openapi({ description: "Keys of those that operators gave" }),
  })
  .openapi("Device");

const candidate = z.object({
  value: z.string(),
  source: z.string(),
  source_type: z.string(),
  record_no: count,
  since: time.openapi({ description: "When the record began to say what it says" }),
  seen_at: time,
  expired: z.boolean().openapi({
    description: "Its source has missed the record too often: it yields to every other",
  }),
  rule: z.string().optional().openapi({ description: "The enrichment rule that concluded it" }),
});

/** A device with why it is shown so. */
export const deviceDetailSchema = deviceSchema
  .extend({
    requested_id: z
      .string()
      .optional()
      .openapi({ description: "The former id that was asked for" }),
    fields: z.array(
      candidate.partial().extend({
        field: z.string(),
        value: z.string(),
        locked_by: z
          .object({ actor: z.string(), since: time })
          .optional()
          .openapi({ description: "An operator's value; then no record wins, all are losers" }),
        losers: z.array(candidate),
      }),
    ),
    evidence: z.array(
      z.object({
        record_no: count,
        source: z.string(),
        source_id: z.string(),
        source_type: z.string(),
        kind: z.string(),
        native_id: z.string(),
        first_seen: time,
        last_seen: time,
        retracted_at: time.optional(),
        missed_runs: count.openapi({
          description: "Complete full runs of its source in a row that did not find it",
        }),
        is_former: z.boolean().openapi({
          description: "It speaks of another device now, and spoke of this one until last_seen",
        }),
        payload: z.unknown().optional().openapi({
          description: "What the source sent, as it stands; absent where that is another device's",
        }),
      }),
    ),
    evidence_left_off: count,
    network_interfaces: z
      .array(z.object({ mac: z.string().optional(), ip: z.string().optional() }))
      .openapi({ description: "Every MAC and address; no source tells which is on which" }),
    addresses: z.array(
      z.object({
        type: z.enum(["ip", "service_id", "collector_ip"]),
        value: z.string(),
        state: z.enum(["detected", "confirmed", "stale", "replaced"]).openapi({
          description:
            "Seen on three days: confirmed; not for 30 days: stale; later seen with another device: replaced",
        }),
        days: count,
        first_seen: time,
        last_seen: time,
      }),
    ),
    aliases: z.array(z.object({ id: z.string(), since: time, reason: z.string() })),
    merges: z.array(
      z.object({
        event_id: z.uuid(),
        from_id: z.string(),
        to_id: z.string(),
        reason: z.string(),
        source: z.string(),
        confidence: z.number().optional(),
        details: z.unknown(),
        at: time,
      }),
    ),
  })
  .openapi("DeviceDetail");

/** Which devices are wanted, but for the page. */
const deviceFilters = {
  query: z.string().trim().min(1).max(QUERY_MAX_CHARS).optional().openapi({
    description:
      "SRQL, as in `source:netbox !hostname:%test% sort:last_seen:desc`; holds beside the other filters",
  }),
  q: z.string().trim().min(1).max(255).optional().openapi({
    description: "Beginning of a hostname, or a whole IP address, MAC, serial or device id",
  }),
  source: z
    .string()
    .max(128)
    .optional()
    .openapi({ description: "Name or id of a source, or a type" }),
  type: z
    .string()
    .trim()
    .toLowerCase()
    .max(64)
    .optional()
    .openapi({ description: "OCSF caption or number" }),
  partition: z.string().max(128).optional(),
  state: z.enum(["active", "deleted", "all"]).default("active"),
};

/** Which devices are wanted. */
export const deviceQuery = pageQuery.extend({
  ...deviceFilters,
  before: z.string().max(CURSOR_CHARS_MAX).optional().openapi({
    description: "`previous` of a page: the one that ends before it",
  }),
  from: z.string().trim().min(1).max(FROM_CHARS_MAX).optional().openapi({
    description:
      "Begins where the query's order reaches this: a beginning of a name, an address, a number, a day",
  }),
  end: z.stringbool().default(false).openapi({
    type: "boolean",
    description: "The last page of the list, from which `before` leads on",
  }),
  total: z.stringbool().default(false).openapi({
    type: "boolean",
    description: "Also count all devices that pass",
  }),
});

/** Which devices are counted in groups. */
export const deviceGroupQuery = z.strictObject({
  ...deviceFilters,
  query: z.string().trim().min(1).max(QUERY_MAX_CHARS).openapi({
    description: 'SRQL with `stats:"count() by FIELD"`',
  }),
});

/** A page of devices. */
export const devicesPageSchema = pageOf("devices", deviceSchema).extend({
  previous: z.string().optional().openapi({
    description: "Present when there may be devices before: give it as `before`",
  }),
  total: z.number().int().optional(),
  total_is_estimate: z.literal(true).optional().openapi({
    description: "The total is what the database expects: counting so many takes too long",
  }),
});

/** Groups of devices, the largest first. */
export const deviceGroupsSchema = z
  .object({
    by: z.array(z.string()),
    groups: z.array(z.object({ values: z.array(z.string().nullable()), devices: count })),
    is_complete: z
      .boolean()
      .openapi({ description: "False: there are more groups than are shown" }),
  })
  .openapi("DeviceGroups");

/** Where in a query to complete. */
export const completionQuery = z.strictObject({
  query: z.string().max(QUERY_MAX_CHARS).default(""),
  cursor: z.coerce.number().int().min(0).max(QUERY_MAX_CHARS),
});

/** What may be written there. */
export const completionsSchema = z
  .object({
    completions: z.array(
      z.object({
        text: z.string(),
        about: z.string(),
        from: count.openapi({ description: "What it replaces ends at the cursor" }),
      }),
    ),
  })
  .openapi("QueryCompletions");

/** Which devices are exported, and how. */
export const exportQuery = z.strictObject({
  ...deviceFilters,
  format: z.enum(EXPORT_FORMATS).default("csv"),
});
