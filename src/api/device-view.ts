/** How a device and its evidence are shown. Pure. */
import type { z } from "@hono/zod-openapi";

import type { Evidence } from "../dire/evidence.ts";
import { RISK_LEVELS } from "../dire/risk.ts";
import type { Candidate } from "../dire/survive.ts";
import type { AliasState, Attached } from "../inventory/device-attached.ts";
import type { FormerId, Merge } from "../inventory/device-history.ts";
import type { ListedDevice } from "../inventory/device-list.ts";
import type { Classified } from "../inventory/device-store.ts";
import type { deviceDetailSchema, deviceSchema } from "./contract-devices.ts";
import { timeOf } from "./routes.ts";

type Names = ReadonlyMap<string, string>;
type Detail = z.infer<typeof deviceDetailSchema>;

/** A device as it is published; sources by the names that operators gave them. */
export function shownDevice(device: ListedDevice, names: Names): z.infer<typeof deviceSchema> {
  return {
    id: device.id,
    partition: device.partition,
    hostname: device.hostname,
    ip: device.ip,
    mac: device.mac,
    type: device.type,
    type_id: device.typeId,
    vendor_name: device.vendorName,
    model: device.model,
    os: device.os,
    os_version: device.osVersion,
    site: device.site,
    owner: device.owner,
    serial: device.serial,
    risk_score: device.riskScore,
    risk_level: RISK_LEVELS[device.riskLevelId ?? -1]?.name,
    risk_level_id: device.riskLevelId,
    is_managed: device.isManaged,
    is_trusted: device.isTrusted,
    is_compliant: device.isCompliant,
    is_available: device.isAvailable,
    is_provisional: device.isProvisional,
    promoted_at: timeOf(device.promotedMs),
    classification: shownClassification(device.classification),
    source_types: [...device.sources],
    sources: device.instances.map((id) => names.get(id) ?? id),
    records: device.recordCount,
    first_seen: timeOf(device.firstMs),
    last_seen: timeOf(device.lastMs),
    deleted_at: timeOf(device.deletedMs),
    deleted_reason: device.deletedReason,
    tags: device.tags,
    own_tags: [...device.ownTags],
  };
}

/** A device with why it is shown so. */
export function shownDetail(
  {
    device,
    evidence,
    attached,
    aliases,
    merges,
  }: {
    readonly device: ListedDevice;
    readonly evidence: Evidence;
    readonly attached: Attached;
    readonly aliases: readonly FormerId[];
    readonly merges: readonly Merge[];
  },
  names: Names,
): Detail {
  return {
    ...shownDevice(device, names),
    fields: [...evidence.fields].map(([field, { value, lock, winner, losers }]) => ({
      field,
      ...(winner === undefined ? {} : shownCandidate(winner, names)),
      value,
      locked_by:
        lock === undefined ? undefined : { actor: lock.actor, since: timeOf(lock.sinceMs) },
      losers: losers.map((loser) => shownCandidate(loser, names)),
    })),
    evidence: evidence.records.map((record) => ({
      record_no: record.recordNo,
      source: names.get(record.instance) ?? record.instance,
      source_id: record.instance,
      source_type: record.source,
      kind: record.kind,
      native_id: record.native,
      first_seen: timeOf(record.firstMs),
      last_seen: timeOf(record.lastMs),
      retracted_at: timeOf(record.deletedMs),
      missed_runs: record.missedRuns,
      is_former: record.isPast,
      payload: record.isPast ? undefined : record.payload,
    })),
    evidence_left_off: evidence.recordsLeftOff,
    network_interfaces: [...attached.interfaces],
    addresses: attached.aliases.map(shownAddress),
    aliases: aliases.map(({ id, sinceMs, reason }) => ({ id, since: timeOf(sinceMs), reason })),
    merges: merges.map(shownMerge),
  };
}

function shownAddress(alias: AliasState): Detail["addresses"][number] {
  return {
    type: alias.type as Detail["addresses"][number]["type"],
    value: alias.value,
    state: alias.state as Detail["addresses"][number]["state"],
    days: alias.sightings,
    first_seen: timeOf(alias.firstMs),
    last_seen: timeOf(alias.lastMs),
  };
}

function shownClassification(
  classified: Classified | undefined,
): z.infer<typeof deviceSchema>["classification"] {
  if (classified === undefined) return undefined;
  const { source, ruleId, confidence, reason } = classified;
  return {
    source: source === "builtin" ? "builtin" : "filesystem",
    rule_id: ruleId,
    confidence,
    reason,
  };
}

function shownCandidate(
  { value, saying, instance, source, recordNo, sinceMs, seenMs, isExpired }: Candidate,
  names: Names,
): Detail["fields"][number]["losers"][number] {
  return {
    value,
    source: names.get(instance) ?? instance,
    source_type: source,
    record_no: recordNo,
    since: timeOf(sinceMs),
    seen_at: timeOf(seenMs),
    expired: isExpired,
    rule: saying.rule?.id,
  };
}

function shownMerge(merge: Merge): Detail["merges"][number] {
  return {
    event_id: merge.eventId,
    from_id: merge.from,
    to_id: merge.to,
    reason: merge.reason,
    source: merge.source,
    confidence: merge.confidence,
    details: merge.details,
    at: timeOf(merge.atMs),
  };
}
