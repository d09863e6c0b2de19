import { CLUSTER_VIP, IPV6, NAT_SITE, PARTITION_OVERLAP } from "./addresses.ts";
import { CHAIN_GLUE } from "./chain-glue.ts";
import { CHIMERA_RECORD } from "./chimera-record.ts";
import { LATE_UPDATE, REDELIVERED } from "./delivery.ts";
import { DHCP_CHURN, MID_DAY_LEASE } from "./dhcp.ts";
import { DOCK_MAC } from "./dock-mac.ts";
import type { FailureMode } from "./failure-mode.ts";
import { INSTANCE_COLLISION, SOURCE_ID_COLLISION, SOURCE_ID_REUSE } from "./ids.ts";
import { BAD_MAC, JUNK_SERIAL, TYPO } from "./junk.ts";
import { MERGE_THEN_SPLIT } from "./merge-then-split.ts";
import { HOSTNAME_DIVERGENT, HOSTNAME_GENERIC, MISSING_HOST } from "./names.ts";
import { RANDOM_MAC, RANDOM_MAC_NEWID } from "./random-macs.ts";
import { BOARD_REPLACE, HOSTNAME_REUSE, NIC_REPLACE, REBIRTH } from "./replacements.ts";
import { IP_ONLY, POLLING_AGENT, SOURCE_CONFLICT, SOURCE_DUPLICATE } from "./rows.ts";
import { DUAL_ARMIS, MULTI_NIC, MULTI_NIC_SPLIT } from "./several-nics.ts";
import { DOCKER_MAC_MODE, MLAG_MAC, PROXY_ARP, VRRP_MAC } from "./shared-macs.ts";
import { VM_CLONE } from "./vm-clone.ts";

/** All failure modes. Those that take away rows or give names stand before those that only touch what is there. */
export const FAILURE_MODES: readonly FailureMode[] = [
  IP_ONLY,
  DOCK_MAC,
  CHAIN_GLUE,
  MERGE_THEN_SPLIT,
  CHIMERA_RECORD,
  PROXY_ARP,
  VM_CLONE,
  RANDOM_MAC_NEWID,
  RANDOM_MAC,
  PARTITION_OVERLAP,
  MULTI_NIC_SPLIT,
  MULTI_NIC,
  DUAL_ARMIS,
  NIC_REPLACE,
  BOARD_REPLACE,
  HOSTNAME_REUSE,
  HOSTNAME_GENERIC,
  HOSTNAME_DIVERGENT,
  INSTANCE_COLLISION,
  SOURCE_ID_COLLISION,
  SOURCE_ID_REUSE,
  REBIRTH,
  SOURCE_CONFLICT,
  SOURCE_DUPLICATE,
  NAT_SITE,
  MID_DAY_LEASE,
  CLUSTER_VIP,
  DHCP_CHURN,
  VRRP_MAC,
  MLAG_MAC,
  DOCKER_MAC_MODE,
  JUNK_SERIAL,
  BAD_MAC,
  TYPO,
  MISSING_HOST,
  IPV6,
  POLLING_AGENT,
  LATE_UPDATE,
  REDELIVERED,
];
