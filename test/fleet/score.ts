/**
 * Scores an engine's answer to a fleet. Prints a JSON report, or a table; fails where a profile's gates are not met. Run:
 * node test/fleet/score.ts --truth DIR/truth.jsonl --assign FILE [--aliases FILE] [--compare FILE] [--gates PROFILE] [--table]
 */
import { parseArgs } from "node:util";

import { parseProfile, PROFILES, type Profile } from "./profiles.ts";
import { checkGates, checkOrderGates } from "./scoring/gates.ts";
import type { AliasLine, AssignLine, TruthLine } from "./scoring/lines.ts";
import { compareOrder, type OrderCheck } from "./scoring/order.ts";
import { readJsonLines } from "./scoring/read-lines.ts";
import { score, type ScoreReport } from "./scoring/score.ts";
import { coreTable, modeTable, sourceTable } from "./scoring/table.ts";

interface ScoreFiles {
  readonly truth: string;
  readonly assign: string;
  readonly aliases?: string | undefined;
  /** Another answer to the same updates, whose clusters and ids must be the same. */
  readonly compare?: string | undefined;
}

/** The report of an answer in files, with an order check if it is compared with another. */
export function scoreFiles(files: ScoreFiles): ScoreReport & { readonly order?: OrderCheck } {
  const assignment = [...readJsonLines<AssignLine>(files.assign)];
  const aliases = files.aliases === undefined ? [] : [...readJsonLines<AliasLine>(files.aliases)];
  const report = score(readJsonLines<TruthLine>(files.truth), assignment, aliases);
  if (files.compare === undefined) return report;
  const order = compareOrder(assignment, readJsonLines<AssignLine>(files.compare));
  return { ...report, order };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      truth: { type: "string" },
      assign: { type: "string" },
      aliases: { type: "string" },
      compare: { type: "string" },
      gates: { type: "string" },
      table: { type: "boolean", default: false },
    },
  });
  const { truth, assign, aliases, compare, table } = values;
  if (truth === undefined || assign === undefined) {
    throw new Error("--truth and --assign must name files");
  }
  const report = scoreFiles({ truth, assign, aliases, compare });
  process.stdout.write(table ? tables(report) : `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.gates === undefined) return;
  const failed = failedGates(report, gateProfile(values.gates));
  for (const failure of failed) process.stderr.write(`gate: ${failure}\n`);
  if (failed.length > 0) process.exitCode = 1;
}

function gateProfile(word: string): Profile {
  const profile = parseProfile(word);
  if (profile === undefined) throw new Error(`--gates must be one of ${PROFILES.join(", ")}`);
  return profile;
}

function failedGates(
  report: ScoreReport & { readonly order?: OrderCheck },
  profile: Profile,
): readonly string[] {
  const order = report.order === undefined ? [] : checkOrderGates(report.order);
  return [...checkGates(report, profile), ...order];
}

function tables(report: ScoreReport & { readonly order?: OrderCheck }): string {
  const engines = [["engine", [report]]] as const;
  const order = report.order === undefined ? "" : `order ${JSON.stringify(report.order)}\n`;
  return `${coreTable(engines)}\n\n${modeTable(engines)}\n\n${sourceTable(engines)}\n${order}`;
}

if (import.meta.main) main();
