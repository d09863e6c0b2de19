/**
 * The derivation in force, one for the whole platform: kept in the database, so that every process that resolves or shows a
 * device derives it alike, whatever lies in its own folder. The process that started last has brought it.
 */
import type { TenantDbs } from "../db/pool.ts";
import type { Queryable } from "../db/session.ts";
import { tx } from "../db/tx.ts";
import { isoTime } from "../lib/clock.ts";
import { sha256Hex } from "../lib/hash.ts";
import { invariant } from "../lib/invariant.ts";
import { DERIVATION_DEFAULT, type Derivation } from "./derivation.ts";
import { formatRule, readRule } from "./enrichment-reader.ts";
import { inOrder, type EnrichmentRule } from "./enrichment-rule.ts";
import type { RuleSet, SkippedRule } from "./enrichment-set.ts";

/** Where it came from and what could not be used, for operators. */
export interface DerivationReport extends RuleSet {
  readonly expiryRuns: number;
  /** The folder that operators' own rules were read from, on the host that read them. */
  readonly directory?: string;
  readonly loadedAt?: string;
  /** SHA-256 of all that decides. */
  readonly fingerprint: string;
}

const SETTING = "derivation";

type Stored = {
  readonly fingerprint: string;
  readonly expiry_runs: number;
  readonly directory: string;
  readonly loaded_at: string;
  readonly rules: readonly { readonly origin: string; readonly rule: unknown }[];
  readonly skipped: readonly SkippedRule[];
};

/** What a start brings. */
export interface WantedDerivation {
  readonly set: RuleSet;
  readonly expiryRuns: number;
  readonly directory: string;
  readonly nowMs: number;
}

/**
 * Puts a derivation in force. Where it decides otherwise than the one before, every record of every tenant becomes dirty, in the
 * same transaction; the workers then take them in their usual bounded batches. Gives whether that was so.
 */
export async function applyDerivation(
  db: TenantDbs,
  { set, expiryRuns, directory, nowMs }: WantedDerivation,
): Promise<boolean> {
  const rules = set.rules.map((rule) => ({ origin: rule.origin, rule: formatRule(rule) }));
  const fingerprint = fingerprintOf(set.rules, expiryRuns);
  const value = JSON.stringify({
    fingerprint,
    expiry_runs: expiryRuns,
    directory,
    loaded_at: isoTime(nowMs),
    rules,
    skipped: set.skipped,
  } satisfies Stored);
  return await tx(db.across("derivation"), async (open) => {
    // Two servers that start at once: the second waits here for the first, also where the row is not there yet.
    await open.query("lock table sync.settings in share row exclusive mode");
    const before = (await readStored(open))?.fingerprint ?? DEFAULT_FINGERPRINT;
    await open.query(
      `insert into sync.settings (name, value) values ($1, $2)
       on conflict (name) do update set value = excluded.value`,
      [SETTING, value],
    );
    if (before === fingerprint) return false;
    await open.query(
      `insert into sync.dirty (tenant, records)
       select tenant, int4multirange(int4range(1, next_record_no)) from sync.tenant_ingest
        where next_record_no > 1 order by tenant`,
    );
    return true;
  });
}

/** Raised when this program reads the same records and rules another way, so that devices follow. */
const REVISION = 1;

/** Origins are left out: a file that was renamed decides nothing. */
function fingerprintOf(rules: readonly EnrichmentRule[], expiryRuns: number): string {
  const documents = inOrder(rules).map(formatRule);
  return sha256Hex(JSON.stringify([REVISION, expiryRuns, documents]));
}

const DEFAULT_FINGERPRINT = fingerprintOf(DERIVATION_DEFAULT.rules, DERIVATION_DEFAULT.expiryRuns);

/** The rules in force and what was left out, as the last start found them. */
export async function readDerivationReport(db: Queryable): Promise<DerivationReport> {
  const stored = await readStored(db);
  if (stored === undefined) {
    const { rules, expiryRuns } = DERIVATION_DEFAULT;
    return { rules, expiryRuns, skipped: [], fingerprint: DEFAULT_FINGERPRINT };
  }
  return {
    rules: rulesOf(stored),
    expiryRuns: stored.expiry_runs,
    skipped: stored.skipped,
    directory: stored.directory,
    loadedAt: stored.loaded_at,
    fingerprint: stored.fingerprint,
  };
}

/** The derivation in force; the program's own where no server has started on this database yet. */
export async function readDerivation(db: Queryable): Promise<Derivation> {
  const stored = await readStored(db);
  if (stored === undefined) return DERIVATION_DEFAULT;
  return { rules: inOrder(rulesOf(stored)), expiryRuns: stored.expiry_runs };
}

async function readStored(db: Queryable): Promise<Stored | undefined> {
  const { rows } = await db.query<{ value: string }>(
    "select value from sync.settings where name = $1",
    [SETTING],
  );
  return rows[0] === undefined ? undefined : (JSON.parse(rows[0].value) as Stored);
}

function rulesOf({ rules }: Stored): readonly EnrichmentRule[] {
  return rules.map(({ rule, origin }) => {
    const read = readRule(rule, origin);
    invariant(read.ok, "a rule in force was read before it was stored");
    return read.value;
  });
}
