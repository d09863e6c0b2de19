import { ratio, sum } from "./agreement.ts";
import { PUBLISHED } from "./published.ts";
import type { ScoreReport } from "./score.ts";

/** An engine's name and its reports, one per fleet; tables show means. */
export type Engine = readonly [name: string, reports: readonly ScoreReport[]];

type Read = (report: ScoreReport) => number;

const COLUMNS: readonly (readonly [title: string, read: Read, digits: number])[] = [
  ["pair P", ({ pair }) => pair.precision, 3],
  ["pair R", ({ pair }) => pair.recall, 3],
  ["pair F1", ({ pair }) => pair.f1, 4],
  ["B3 F1", ({ bcubed }) => bcubed.f1, 4],
  ["exact", (report) => report.exact_share, 4],
  ["lost", (report) => report.lost_share, 4],
  ["ghost", (report) => report.ghost_share, 4],
  ["merge", (report) => report.largest_merge_devices, 0],
  ["ratio", (report) => report.inventory_ratio, 3],
  ["no-sweep F1", ({ records }) => records.pair.f1, 4],
  ["next day", ({ stability }) => stability.same_id_next_day, 3],
  ["first=final", ({ stability }) => stability.first_id_final, 3],
  ["or alias", ({ stability }) => stability.first_id_final_or_alias, 3],
  ["rejected", ({ rejected }) => rejected, 0],
];

/** The main figures, one engine a line. */
export function coreTable(engines: readonly Engine[]): string {
  const head = ["engine", ...COLUMNS.map(([title]) => title)];
  const rows = engines.map(([name, reports]) => [
    name,
    ...COLUMNS.map(([, read, digits]) => mean(reports, read).toFixed(digits)),
  ]);
  return align([head, ...rows]);
}

/** Share of exact devices per mode, beside the figures that were measured elsewhere on another fleet. */
export function modeTable(engines: readonly Engine[]): string {
  const reports = engines.flatMap(([, own]) => own);
  const modes = [...new Set(reports.flatMap((report) => Object.keys(report.modes)))].toSorted();
  const head = ["mode", "devices", ...engines.map(([name]) => name), "head*", "reference*"];
  const rows = modes.map((mode) => [
    mode,
    mean(engines[0]?.[1] ?? [], (report) => report.modes[mode]?.devices ?? 0).toFixed(0),
    ...engines.map(([, own]) => exactOf(own, mode).toFixed(3)),
    PUBLISHED[mode]?.head.toFixed(2) ?? "-",
    PUBLISHED[mode]?.reference.toFixed(3) ?? "-",
  ]);
  return `${align([head, ...rows])}\n* measured on another generator, 20,000 devices`;
}

/** B-cubed F1 of each source's lines within the whole clustering. */
export function sourceTable(engines: readonly Engine[]): string {
  const reports = engines.flatMap(([, own]) => own);
  const sources = [...new Set(reports.flatMap((report) => Object.keys(report.sources)))].toSorted();
  const head = ["source", "updates", ...engines.map(([name]) => `${name} B3 F1`)];
  const rows = sources.map((source) => [
    source,
    mean(engines[0]?.[1] ?? [], (report) => report.sources[source]?.updates ?? 0).toFixed(0),
    ...engines.map(([, own]) =>
      mean(own, (report) => report.sources[source]?.bcubed.f1 ?? 0).toFixed(4),
    ),
  ]);
  return align([head, ...rows]);
}

function exactOf(reports: readonly ScoreReport[], mode: string): number {
  const having = reports.filter(({ modes }) => modes[mode] !== undefined);
  return mean(having, ({ modes }) => modes[mode]?.exact_share ?? 0);
}

function mean(reports: readonly ScoreReport[], read: Read): number {
  return ratio(sum(reports.map(read)), reports.length);
}

/** Columns to one width each, words left, numbers right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join("  "),
    )
    .join("\n");
}
