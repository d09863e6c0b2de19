import { MODES, type Mode } from "./tags.ts";
import { createDice } from "./world/dice.ts";
import type { Rates } from "./world/inject.ts";

/** Names of the mixtures of failure modes. */
export const PROFILES = ["default", "wild", "stress", "clean", "records"] as const;

/** Name of a mixture of failure modes. */
export type Profile = (typeof PROFILES)[number];

/** What a profile means for one seed. */
export interface Mixture {
  readonly rates: Rates;
  readonly hasSweeps: boolean;
}

/** Share of devices per mode in the default profile; estimates, no real inventory with known truth was at hand. */
const DEFAULT_RATES: Rates = {
  dock_mac: 0.04,
  chain_glue: 0.03,
  merge_then_split: 0.015,
  chimera_record: 0.015,
  vrrp_mac: 0.04,
  docker_mac: 0.05,
  proxy_arp: 0.03,
  vm_clone: 0.03,
  random_mac: 0.04,
  random_mac_newid: 0.015,
  dhcp_churn: 0.28,
  partition_overlap: 0.04,
  multi_nic: 0.04,
  multi_nic_split: 0.015,
  dual_armis: 0.02,
  nic_replace: 0.015,
  board_replace: 0.015,
  hostname_reuse: 0.02,
  hostname_generic: 0.02,
  hostname_divergent: 0.025,
  junk_serial: 0.04,
  bad_mac: 0.05,
  source_id_reuse: 0.015,
  source_id_collision: 0.02,
  instance_collision: 0.025,
  rebirth: 0.02,
  source_conflict: 0.015,
  typo: 0.015,
  source_duplicate: 0.02,
  late_update: 0.06,
  redelivered: 0.06,
  polling_agent: 0.05,
  missing_host: 0.06,
  ip_only: 0.025,
  ipv6: 0.005,
  nat_site: 0.005,
  mid_day_lease: 0.004,
  mlag_mac: 0.005,
  cluster_vip: 0.005,
};

/** How much more of everything goes wrong under stress. */
const STRESS = 2.5;
/** Modes that a wild fleet does without. */
const WILD_ABSENT = 0.25;
/** A wild fleet's rates lie between a third and three times the default, evenly on a logarithmic scale. */
const WILD_SPREAD = 3;

const MIXTURES: Readonly<Record<Profile, (seed: number) => Mixture>> = {
  default: () => ({ rates: DEFAULT_RATES, hasSweeps: true }),
  wild: (seed) => ({ rates: wildRates(seed), hasSweeps: true }),
  stress: () => ({ rates: scaled(() => STRESS), hasSweeps: true }),
  clean: () => ({ rates: scaled(() => 0), hasSweeps: true }),
  // Without sweeps nobody sees what answers pings only.
  records: () => ({ rates: { ...DEFAULT_RATES, ip_only: 0 }, hasSweeps: false }),
};

/** The rates of a profile; only `wild` depends on the seed. */
export function mixtureOf(profile: Profile, seed: number): Mixture {
  return MIXTURES[profile](seed);
}

function scaled(factor: (mode: Mode) => number): Rates {
  return Object.fromEntries(
    MODES.map((mode) => [mode, Math.min(1, DEFAULT_RATES[mode] * factor(mode))]),
  ) as Rates;
}

function wildRates(seed: number): Rates {
  const dice = createDice(seed).fork("wild");
  return scaled((mode) => {
    const own = dice.fork(mode);
    return own.chance(WILD_ABSENT) ? 0 : WILD_SPREAD ** (2 * own.next() - 1);
  });
}

/** The name as a profile; undefined for a word that is none. */
export function parseProfile(word: string): Profile | undefined {
  return PROFILES.find((profile) => profile === word);
}
