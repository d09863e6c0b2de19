/** Share of exact devices per mode, of the original and of a reference in memory. */
interface PublishedShare {
  readonly head: number;
  readonly reference: number;
}

/**
 * What was measured per mode on a fleet that is not this one (identity facts 3: 20,000 devices, 2 seeds). Shown beside our
 * figures, never a gate: rates and details of that fleet are unknown.
 */
export const PUBLISHED: Readonly<Record<string, PublishedShare>> = {
  dock_mac: { head: 0.24, reference: 0.956 },
  chain_glue: { head: 0.31, reference: 0.979 },
  merge_then_split: { head: 0.19, reference: 0.954 },
  chimera_record: { head: 0.2, reference: 0.749 },
  vrrp_mac: { head: 0.71, reference: 0.999 },
  docker_mac: { head: 0.69, reference: 0.999 },
  proxy_arp: { head: 0.41, reference: 0.995 },
  vm_clone: { head: 0.9, reference: 0.878 },
  random_mac: { head: 0.41, reference: 0.853 },
  random_mac_newid: { head: 0.4, reference: 0.609 },
  dhcp_churn: { head: 0.02, reference: 0.94 },
  partition_overlap: { head: 0.26, reference: 0.969 },
  multi_nic: { head: 0.01, reference: 0.911 },
  multi_nic_split: { head: 0, reference: 1 },
  dual_armis: { head: 0.43, reference: 0.836 },
  nic_replace: { head: 0.46, reference: 0.987 },
  board_replace: { head: 0.43, reference: 0.993 },
  hostname_reuse: { head: 0.07, reference: 0.913 },
  hostname_generic: { head: 0.47, reference: 0.846 },
  hostname_divergent: { head: 0.89, reference: 0.879 },
  junk_serial: { head: 0.68, reference: 0.991 },
  bad_mac: { head: 0.31, reference: 0.992 },
  source_id_reuse: { head: 0.7, reference: 0.969 },
  source_id_collision: { head: 0.37, reference: 0.969 },
  instance_collision: { head: 0.52, reference: 0.983 },
  rebirth: { head: 0.37, reference: 0.973 },
  source_conflict: { head: 0.45, reference: 0.963 },
  typo: { head: 0.51, reference: 0.923 },
  source_duplicate: { head: 0.12, reference: 0.922 },
  late_update: { head: 0.52, reference: 0.975 },
  redelivered: { head: 0.53, reference: 0.973 },
  polling_agent: { head: 0.8, reference: 0.999 },
  missing_host: { head: 0.51, reference: 0.968 },
  ip_only: { head: 0.97, reference: 1 },
  plain: { head: 0.91, reference: 1 },
};
