/** The agent's executable. */
import { isAbout, runAbout } from "../cli/about.ts";
import { AGENT_ABOUT } from "../cli/agent-about.ts";

const argv = process.argv.slice(2);
const ran = isAbout(argv)
  ? runAbout(AGENT_ABOUT, argv)
  : import("./agent-program.ts").then(({ runProgram }) => runProgram(argv));
// Not awaited: a single executable's main file is CommonJS. A rejection ends the process with its stack all the same.
void ran.then((code) => (process.exitCode = code));
