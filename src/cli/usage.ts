/** Texts of --help. */
import { flagName, type Argument, type Arguments } from "./args.ts";

/** What usage needs to know of a command. */
export interface Described {
  /** The words that call it: "source apply". */
  readonly name: string;
  readonly summary: string;
  readonly operands: Arguments;
  readonly flags: Arguments;
}

/** Usage of a whole program, or of the commands that begin with a word. */
export function programUsage(
  program: { readonly name: string; readonly call: string; readonly summary: string },
  commands: readonly Described[],
): string {
  return [
    `${program.name}: ${program.summary}`,
    "",
    `Usage: ${program.call} COMMAND [FLAGS]`,
    "",
    "Commands:",
    ...columns(commands.map((command) => [command.name, command.summary])),
    "",
    `"${program.call} COMMAND --help" says what a command takes; "${program.call} --version" which version this is.`,
  ].join("\n");
}

/** Usage of one command. */
export function commandUsage(call: string, command: Described): string {
  const operands = Object.entries(command.operands);
  const flags = Object.entries(command.flags);
  return [
    command.summary,
    "",
    `Usage: ${usageLine(call, command)}`,
    ...section("Operands:", operands, ([name, operand]) => operand.placeholder ?? name),
    ...section("Flags:", flags, ([name, flag]) => flagTitle(name, flag)),
  ].join("\n");
}

/** "serviceradar-core source apply FILE [--agent AGENT]" */
export function usageLine(call: string, { name, operands, flags }: Described): string {
  const [taken, given] = [Object.entries(operands), Object.entries(flags)];
  return [call, name, ...taken.map(shownOperand), ...given.map(shownFlag)].join(" ");
}

type Entry = readonly [string, Argument<unknown>];

function section(
  title: string,
  entries: readonly Entry[],
  titleOf: (entry: Entry) => string,
): readonly string[] {
  if (entries.length === 0) return [];
  return ["", title, ...columns(entries.map((entry) => [titleOf(entry), entry[1].summary]))];
}

function shownOperand([name, operand]: Entry): string {
  const shown = `${operand.placeholder ?? name}${operand.isRepeatable ? "..." : ""}`;
  return operand.isRequired ? shown : `[${shown}]`;
}

function shownFlag([name, flag]: Entry): string {
  const shown = [flagName(name), flag.placeholder].filter((word) => word !== undefined).join(" ");
  return flag.isRequired ? shown : `[${shown}]${flag.isRepeatable ? "..." : ""}`;
}

/** "-c, --config FILE" */
export function flagTitle(name: string, { short, placeholder }: Argument<unknown>): string {
  const names = [...(short === undefined ? [] : [`-${short}`]), flagName(name)].join(", ");
  return placeholder === undefined ? names : `${names} ${placeholder}`;
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
