import type { FleetBatch } from "../delivery.ts";
import type { WireUpdate } from "../wire.ts";

/** An engine in memory, much simplified, to see that a fleet is as hard as it should be. */
export interface Model {
  readonly name: string;
  /** Takes a batch as it arrives; returns each update's device as published then, null where it is dropped. */
  ingest(batch: FleetBatch): readonly (string | null)[];
  /** The device of every update after everything, in the order of arrival. */
  final(): readonly (string | null)[];
}

/** Identifiers of an update in the original's order of priority: type and value. The top-level agent_id is none. */
export function identifiersOf(update: WireUpdate): readonly (readonly [string, string])[] {
  const { metadata } = update;
  const isObserver = update.source === "mapper" || update.source === "sweep";
  const isVouched = ["primary", "management", "chassis"].includes(
    metadata["identity_mac_kind"] ?? "",
  );
  const found = [
    ["agent_id", isObserver ? undefined : metadata["agent_id"]],
    ["armis_device_id", metadata["armis_device_id"]],
    ["integration_id", metadata["integration_id"]],
    ["netbox_device_id", metadata["netbox_device_id"]],
    ["mac", isObserver && !isVouched ? undefined : bareMac(update.mac)],
  ] as const;
  return found.flatMap(([type, value]) => (value === undefined ? [] : [[type, value] as const]));
}

/** The original's normal form of a MAC: a list stays one long key. */
function bareMac(mac: string | undefined): string | undefined {
  return mac?.toUpperCase().replace(/[:\-.]/g, "");
}
