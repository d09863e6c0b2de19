/** What a start does with the folder of enrichment rules and the settings that attributes are derived by. */
import type { TenantDbs } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { ConfigError, messageOf } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { applyDerivation } from "./derivation-store.ts";
import { BUILT_IN_RULE_FILES } from "./derivation.ts";
import { readRuleFiles, RULES_DIR_DEFAULT } from "./enrichment-files.ts";
import { assembleRules, type RuleFile } from "./enrichment-set.ts";

/** How the core was told to derive. */
export interface DerivationSettings {
  readonly rulesDir: string | undefined;
  readonly fieldExpiryRuns: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Puts the built-in rules with an operator's own over them in force. A rule that cannot be used is logged, and stands in
 * `rules list`; the others hold. Throws ConfigError where a folder that was named cannot be read.
 */
export async function bringDerivation(
  db: TenantDbs,
  { rulesDir, fieldExpiryRuns, clock, log }: DerivationSettings,
): Promise<void> {
  const own = await ownFiles(rulesDir);
  const set = assembleRules([...BUILT_IN_RULE_FILES, ...own]);
  for (const { origin, id, reason } of set.skipped) {
    log.warn({ file: origin, rule: id, reason }, "enrichment rule skipped");
  }
  const isNew = await applyDerivation(db, {
    set,
    expiryRuns: fieldExpiryRuns,
    directory: rulesDir ?? RULES_DIR_DEFAULT,
    nowMs: clock.now(),
  });
  const counts = { rules: set.rules.length, skipped: set.skipped.length, files: own.length };
  log.info({ ...counts, derives_anew: isNew }, "enrichment rules in force");
}

async function ownFiles(named: string | undefined): Promise<readonly RuleFile[]> {
  try {
    return await readRuleFiles(named ?? RULES_DIR_DEFAULT);
  } catch (thrown) {
    const isAbsent = (thrown as NodeJS.ErrnoException).code === "ENOENT";
    if (named === undefined && isAbsent) return [];
    throw new ConfigError(
      "DEVICE_ENRICHMENT_RULES_DIR",
      `the folder of enrichment rules cannot be read: ${messageOf(thrown)}`,
    );
  }
}
