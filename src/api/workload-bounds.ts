/** Bounds of a workload, also those of the command line. */
export const WORKLOAD_BOUNDS = {
  maxConnections: { min: 1, max: 1_000_000 },
  replicas: { min: 1, max: 1_000 },
  devices: { min: 0, max: 1_000_000_000 },
  tenants: { min: 1, max: 1_000_000 },
} as const;
