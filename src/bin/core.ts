/** The core's executable: commands go to the running server or to the database; `serve` is the server. */
import { isAbout, runAbout } from "../cli/about.ts";
import { CORE_ABOUT } from "../cli/core-about.ts";

const argv = process.argv.slice(2);
const ran = isAbout(argv)
  ? runAbout(CORE_ABOUT, argv)
  : import("./core-program.ts").then(({ runProgram }) => runProgram(argv));
// Not awaited: a single executable's main file is CommonJS. A rejection ends the process with its stack all the same.
void ran.then((code) => (process.exitCode = code));
