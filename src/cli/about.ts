/**
 * What an executable says of itself: version, licenses. The executables load nothing else for it, so that a question asked by
 * scripts and installers costs little more than the start of the runtime.
 */
import { embeddedAsset, buildFacts } from "../lib/executable.ts";
import { EXIT } from "../lib/exit-code.ts";
import { VERSION } from "../lib/version.ts";
import { toggle } from "./args.ts";
import type { Executable } from "./invocation.ts";
import { command, runProgram, type Command, type Program, type Terminal } from "./program.ts";

/** An executable that can say what it is. */
export interface About {
  readonly name: Executable;
  readonly summary: string;
  /** Name of the newest step of the database's schema that it knows; absent where it has none. */
  readonly schema?: string;
}

const ABOUT_WORDS = new Set<string | undefined>(["version", "--version", "-v", "licenses"]);

/** Whether a command line only asks what the executable is. */
export function isAbout(argv: readonly string[]): boolean {
  return ABOUT_WORDS.has(argv[0]);
}

const PROCESS: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
};

/** Runs such a command line on the process's own outputs and gives the exit code. */
export async function runAbout(about: About, argv: readonly string[]): Promise<number> {
  // Whoever read the output has gone, as `head` does.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  const program: Program<Terminal> = {
    ...about,
    call: about.name,
    version: VERSION,
    commands: aboutCommands(about),
  };
  return await runProgram(program, argv, PROCESS);
}

/** The commands `version` and `licenses`. */
export function aboutCommands<Context extends Terminal>(about: About): readonly Command<Context>[] {
  return [
    command({
      name: "version",
      summary:
        about.schema === undefined
          ? "Show the release"
          : "Show the release and its newest schema step",
      flags: { json: toggle("print JSON, with commit, Node, OpenSSL and PostgreSQL") },
      run: ({ json }, { print }: Context) => {
        print(json ? JSON.stringify(versionFacts(about), undefined, 2) : versionLine(about));
        return Promise.resolve(EXIT.ok);
      },
    }),
    command({
      name: "licenses",
      summary: "Show the licences of all that this executable holds",
      run: (_values, { print, printError }: Context) => {
        const notice = embeddedAsset("NOTICE");
        if (notice === undefined) {
          printError("a checkout holds no packages of its own; their licences are in node_modules");
          return Promise.resolve(EXIT.failed);
        }
        print(new TextDecoder().decode(notice).trimEnd());
        return Promise.resolve(EXIT.ok);
      },
    }),
  ];
}

function versionLine({ name, schema }: About): string {
  return schema === undefined ? VERSION : `${name} ${VERSION} (schema ${schema})`;
}

/** A member without a value is left out: a checkout was not built for anything. */
function versionFacts({ name, schema }: About): object {
  const facts = buildFacts();
  return {
    name,
    version: VERSION,
    schema,
    commit: facts?.commit,
    target: facts?.target,
    node: process.versions.node,
    openssl: process.versions["openssl"],
    postgresql: facts?.postgresql?.version,
  };
}
