/** The rules in force: those that come with the program, replaced one by one by an operator's own. Pure. */
import { readRule, rulesOfFile } from "./enrichment-reader.ts";
import { inOrder, type EnrichmentRule } from "./enrichment-rule.ts";

/** A file of rules as it was read: what its YAML holds, or why it could not be read. */
export interface RuleFile {
  readonly origin: string;
  readonly document?: unknown;
  readonly error?: string;
}

/** A rule, or a whole file, that is not in force. */
export interface SkippedRule {
  readonly origin: string;
  /** Absent where the file as a whole is left out. */
  readonly id?: string;
  readonly reason: string;
}

/** Every rule by priority from high to low, those that are off too, and what could not be used. */
export interface RuleSet {
  readonly rules: readonly EnrichmentRule[];
  readonly skipped: readonly SkippedRule[];
}

/** Puts files together, later ones replacing earlier ones rule by rule. One bad rule leaves the others alone. */
export function assembleRules(files: readonly RuleFile[]): RuleSet {
  const rules = new Map<string, EnrichmentRule>();
  const skipped: SkippedRule[] = [];
  for (const { origin, document, error } of files) {
    const list = error === undefined ? rulesOfFile(document) : { ok: false as const, error };
    if (!list.ok) skipped.push({ origin, reason: list.error });
    for (const [i, value] of (list.ok ? list.value : []).entries()) {
      const rule = readRule(value, origin);
      if (rule.ok) rules.set(rule.value.id, rule.value);
      else skipped.push({ origin, id: nameOf(value, i), reason: rule.error });
    }
  }
  const all = [...rules.values()];
  return { rules: [...inOrder(all), ...all.filter(({ isEnabled }) => !isEnabled)], skipped };
}

/** The id that a refused rule claims, else its place in the file. */
function nameOf(value: unknown, i: number): string {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" && id.trim() !== "" ? id.slice(0, 128) : `rule ${i + 1}`;
}
