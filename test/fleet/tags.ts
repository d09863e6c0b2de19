/** Failure modes that the fleet injects: those of the identity facts, then five that those facts leave out. */
export const MODES = [
  "dock_mac",
  "chain_glue",
  "merge_then_split",
  "chimera_record",
  "vrrp_mac",
  "docker_mac",
  "proxy_arp",
  "vm_clone",
  "random_mac",
  "random_mac_newid",
  "dhcp_churn",
  "partition_overlap",
  "multi_nic",
  "multi_nic_split",
  "dual_armis",
  "nic_replace",
  "board_replace",
  "hostname_reuse",
  "hostname_generic",
  "hostname_divergent",
  "junk_serial",
  "bad_mac",
  "source_id_reuse",
  "source_id_collision",
  "instance_collision",
  "rebirth",
  "source_conflict",
  "typo",
  "source_duplicate",
  "late_update",
  "redelivered",
  "polling_agent",
  "missing_host",
  "ip_only",
  "ipv6",
  "nat_site",
  "mid_day_lease",
  "mlag_mac",
  "cluster_vip",
] as const;

/** A failure mode that can be injected. */
export type Mode = (typeof MODES)[number];

/** What a device is reported under: its modes, or "plain" where it has none. */
export type ModeTag = Mode | "plain";
