/** Whether a program would take a command line, for tests that hold documents to it. */
import { AGENT_PROGRAM } from "../../src/cli/agent-commands.ts";
import { CORE_PROGRAM } from "../../src/cli/core-commands.ts";
import { command, runProgram, type Command, type Terminal } from "../../src/cli/program.ts";
import { ok } from "../../src/lib/result.ts";

type ProgramName = "core" | "agent";
type Program = { readonly name: string; readonly commands: readonly Command<never>[] };
const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  core: CORE_PROGRAM,
  agent: AGENT_PROGRAM,
};

/** What the program would say to this command line; undefined where it would run it. */
export async function complaint(
  program: ProgramName,
  words: readonly string[],
): Promise<string | undefined> {
  const { name, commands } = PROGRAMS[program];
  const said: string[] = [];
  const checked = commands.map((one): Command<Terminal> => ({
    ...command({ name: one.name, summary: one.summary, run: () => Promise.resolve(0) }),
    prepare: (argv) => {
      const prepared = one.prepare(argv);
      return prepared.ok ? ok(() => Promise.resolve(0)) : prepared;
    },
  }));
  const terminal = { print: () => {}, printError: (line: string) => void said.push(line) };
  const about = { name, call: name, summary: "", version: "", commands: checked };
  const code = await runProgram(about, words, terminal);
  return code === 0 ? undefined : said[0];
}
