/** How assertions and what they change are shown. Pure. */
import type { z } from "@hono/zod-openapi";

import type { Assertion, NamedRecord } from "../dire/assertion-list.ts";
import type { Said } from "../dire/assertion-store.ts";
import type { assertionSchema, recordSchema } from "./contract-assertions.ts";
import { timeOf } from "./routes.ts";

type Names = ReadonlyMap<string, string>;
type Shown = z.infer<typeof assertionSchema>;

/** An assertion; sources by the names that operators gave them. */
export function shownAssertion(assertion: Assertion, names: Names): Shown {
  const { assertionNo, kind, partition, valueType, field, value, made, revoked } = assertion;
  return {
    assertion_no: assertionNo,
    kind,
    state: revoked === undefined ? "standing" : "revoked",
    made: shownSaying(made),
    revoked: revoked === undefined ? undefined : shownSaying(revoked),
    partition,
    value_type: valueType,
    field,
    value,
    records: assertion.records.map((record) => ({
      ...shownRecord(record, names),
      side: record.side,
      device_id: record.deviceId,
    })),
  };
}

/** A record. */
export function shownRecord(
  { recordNo, instance, kind, native }: Omit<NamedRecord, "side" | "deviceId">,
  names: Names,
): z.infer<typeof recordSchema> {
  return {
    record_no: recordNo,
    source: names.get(instance) ?? instance,
    source_id: instance,
    kind: kind ?? "unknown",
    native_id: native,
  };
}

function shownSaying({ actor, reason, atMs }: Said): Shown["made"] {
  return { by: actor, reason, at: timeOf(atMs) };
}
