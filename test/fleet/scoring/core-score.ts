import {
  deviceAgreement,
  deviceScores,
  lineAgreement,
  pairAgreement,
  ratio,
  type Agreement,
} from "./agreement.ts";
import { mostFrequent, tabulate, type Placed } from "./contingency.ts";

/** How well a clustering fits the truth. Names as in the JSON report. */
export interface CoreScore {
  readonly updates: number;
  readonly devices: number;
  readonly clusters: number;
  readonly pair: Agreement;
  readonly bcubed: Agreement;
  readonly bcubed_device: Agreement;
  /** Devices whose cluster holds all their lines and no other. */
  readonly exact_devices: number;
  readonly exact_share: number;
  /** Devices without a cluster of their own: devices minus distinct dominant clusters. */
  readonly lost_devices: number;
  readonly lost_share: number;
  /** Clusters that are no device's dominant one, per device. */
  readonly ghost_clusters: number;
  readonly ghost_share: number;
  readonly over_split_devices: number;
  /** Most true devices that have a line in one cluster. */
  readonly largest_merge_devices: number;
  /** Clusters per device. */
  readonly inventory_ratio: number;
}

/** Scores lines that all have an id. */
export function coreScore(lines: readonly Placed[]): CoreScore {
  const table = tabulate(lines);
  const scores = [...deviceScores(table).values()];
  const devices = table.cells.size;
  const clusters = table.clusterLines.size;
  const dominant = new Set([...table.cells.values()].map(mostFrequent)).size;
  const exact = scores.filter(({ isExact }) => isExact).length;
  const merges = [...table.clusterDevices.values()];
  return {
    updates: table.lines,
    devices,
    clusters,
    pair: pairAgreement(table),
    bcubed: lineAgreement(scores),
    bcubed_device: deviceAgreement(scores),
    exact_devices: exact,
    exact_share: ratio(exact, devices),
    lost_devices: devices - dominant,
    lost_share: 1 - ratio(dominant, devices),
    ghost_clusters: clusters - dominant,
    ghost_share: ratio(clusters, devices) - ratio(dominant, devices),
    over_split_devices: [...table.cells.values()].filter((row) => row.size > 1).length,
    largest_merge_devices: merges.reduce((most, count) => Math.max(most, count), 0),
    inventory_ratio: ratio(clusters, devices),
  };
}
