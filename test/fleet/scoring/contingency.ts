/** One line: the true device it is about, and the cluster that an engine put it into. */
export interface Placed {
  readonly device: number;
  readonly id: string;
}

/** How often each true device and each cluster meet; everything that is scored is counted from it. */
export interface Contingency {
  /** Lines per device and cluster. */
  readonly cells: ReadonlyMap<number, ReadonlyMap<string, number>>;
  readonly deviceLines: ReadonlyMap<number, number>;
  readonly clusterLines: ReadonlyMap<string, number>;
  /** Devices that have a line in the cluster. */
  readonly clusterDevices: ReadonlyMap<string, number>;
  readonly lines: number;
}

/** Counts lines in one pass. */
export function tabulate(lines: readonly Placed[]): Contingency {
  const cells = new Map<number, Map<string, number>>();
  const deviceLines = new Map<number, number>();
  const clusterLines = new Map<string, number>();
  const clusterDevices = new Map<string, number>();
  for (const { device, id } of lines) {
    const row = cells.get(device) ?? new Map<string, number>();
    cells.set(device, row);
    if (!row.has(id)) increase(clusterDevices, id);
    increase(row, id);
    increase(deviceLines, device);
    increase(clusterLines, id);
  }
  return { cells, deviceLines, clusterLines, clusterDevices, lines: lines.length };
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What occurs most often; of equally many the least in order, so that the order of lines does not matter. */
export function mostFrequent(counts: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const [value, count] of counts) {
    if (count < most || (count === most && best !== undefined && value > best)) continue;
    [best, most] = [value, count];
  }
  return best;
}
