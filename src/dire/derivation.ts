import { BUILT_IN, inOrder, type EnrichmentRule } from "./enrichment-rule.ts";
/** What, besides records, decides a device's attributes: the rules and bounds in force. Pure. */
import { assembleRules } from "./enrichment-set.ts";
import { BUILT_IN_FILES } from "./enrichment.gen.ts";

/** Settings that attributes are derived by. A change of them derives every device anew. */
export interface Derivation {
  /** Enabled rules in the order in which they are asked. */
  readonly rules: readonly EnrichmentRule[];
  /** A record's values yield to any other once its source has missed it in so many complete full runs in a row. */
  readonly expiryRuns: number;
}

/** One run may miss a record by chance (a page that moved), and after three it is retired: two is "it seems to be going". */
export const FIELD_EXPIRY_RUNS_DEFAULT = 2;

/** The built-in rules as files, those that an operator's own are laid over. */
export const BUILT_IN_RULE_FILES = BUILT_IN_FILES.map((document) => ({
  origin: BUILT_IN,
  document,
}));

/** What holds where nobody has said anything. */
export const DERIVATION_DEFAULT: Derivation = {
  rules: inOrder(assembleRules(BUILT_IN_RULE_FILES).rules),
  expiryRuns: FIELD_EXPIRY_RUNS_DEFAULT,
};
