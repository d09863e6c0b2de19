import type { DeviceUpdate } from "../model/device-update.ts";
import type { SourceConfig } from "../model/sync-payload.ts";
import type { SourceDevice } from "../sources/source.ts";

/** What every device update of a run has in common. */
export interface Sighting {
  readonly source: Pick<SourceConfig, "type" | "partition">;
  readonly agentId: string;
  /** The agent's. */
  readonly partition: string;
  /** "" where the gateway has no name. */
  readonly gatewayId: string;
  /** One event time for the whole run: what it saw, it saw as one picture. */
  readonly timestampMs: number;
}

/**
 * A source's device as an update on the wire. Its `sync_service_id` is not in the metadata: the chunk's sync_meta has it, and 55
 * bytes an entry would be a tenth of everything.
 */
export function stamp(device: SourceDevice, sighting: Sighting): DeviceUpdate {
  const { source, agentId, partition, gatewayId, timestampMs } = sighting;
  return {
    ...device,
    source: source.type,
    partition: source.partition ?? partition,
    agentId,
    ...(gatewayId === "" ? {} : { gatewayId }),
    timestampMs,
  };
}

/** A device that its source has no more: by its ids alone, marked as the original's core marks them. */
export function goneDevice(device: SourceDevice): SourceDevice {
  return { ...device, metadata: { ...device.metadata, _deleted: "true" } };
}

/** What a device is called in its own system, for a log line. */
export function nativeIdOf({ metadata }: SourceDevice): string {
  const { netbox_device_id: netbox, armis_device_id: armis, integration_id: other } = metadata;
  return netbox ?? armis ?? other ?? "";
}
