import { AGENT_PROGRAM } from "../src/cli/agent-commands.ts";
import type { Arguments } from "../src/cli/args.ts";
import { CORE_PROGRAM } from "../src/cli/core-commands.ts";
import { flagTitle, usageLine, type Described } from "../src/cli/usage.ts";

const GENERATED = "docs/commands.md";
/** A flag that so many commands of an executable take is told once, above them. */
const COMMON_FROM = 10;

const HEAD = `# Commands

<!-- Generated from the commands in src/cli/ by build/embed-commands.ts; do not edit. -->

What \`--help\` says, on one page. In a checkout \`serviceradar-core\` is called \`npm run -s core --\`, and \`serviceradar-agent\`
\`npm run -s agent --\`. Exit codes, environment and files stand in [configuration.md](configuration.md).`;

type Program = {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Described[];
};

/** The reference of both executables' commands, made of what their --help is made of: path from the root, and text. */
export function embedCommands(): Promise<{ path: string; text: string }> {
  const parts = [HEAD, ...[CORE_PROGRAM, AGENT_PROGRAM].flatMap(programParts)];
  return Promise.resolve({ path: GENERATED, text: `${parts.join("\n\n")}\n` });
}

function programParts({ name, summary, commands }: Program): readonly string[] {
  const common = commonFlags(commands);
  const shared = Object.keys(common).length > 0;
  return [
    `## ${name}`,
    `${name}: ${summary}.`,
    ...(shared
      ? ["Flags that most commands take, further down only by name:", table({}, common)]
      : []),
    ...commands.flatMap((command) => commandParts(name, command, common)),
  ];
}

function commonFlags(commands: readonly Described[]): Arguments {
  const entries = commands.flatMap(({ flags }) => Object.entries(flags));
  const uses = (name: string): number => entries.filter(([other]) => other === name).length;
  return Object.fromEntries(entries.filter(([name]) => uses(name) >= COMMON_FROM));
}

function commandParts(program: string, command: Described, common: Arguments): readonly string[] {
  const entries = Object.entries(command.flags);
  const own = Object.fromEntries(
    entries.filter(([name, flag]) => common[name]?.summary !== flag.summary),
  );
  const shared = entries
    .filter(([name]) => !(name in own))
    .map(([name, flag]) => code(flagTitle(name, flag)));
  const isBare = Object.keys({ ...command.operands, ...own }).length === 0;
  return [
    `### ${command.name}`,
    `${command.summary}.`,
    ["```", usageLine(program, { ...command, flags: own }), "```"].join("\n"),
    ...(isBare ? [] : [table(command.operands, own)]),
    ...(shared.length === 0 ? [] : [`Also ${shared.join(", ")}.`]),
  ];
}

function table(operands: Arguments, flags: Arguments): string {
  const rows = [
    ...Object.entries(operands).map(([name, { placeholder, summary }]) => [
      placeholder ?? name,
      summary,
    ]),
    ...Object.entries(flags).map(([name, flag]) => [flagTitle(name, flag), flag.summary]),
  ];
  const lines = rows.map(([title = "", summary = ""]) => `| ${code(title)} | ${cell(summary)} |`);
  return ["| argument | what it says |", "|---|---|", ...lines].join("\n");
}

/** A bar would end the cell, also within code. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}
