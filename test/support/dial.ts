/** A program that asks the URL of its first argument, with a second one after `trustNoVariable`, and prints what came of it. */
import { trustNoVariable } from "../../src/lib/trust.ts";

const [url = "", trust] = process.argv.slice(2);
if (trust !== undefined) trustNoVariable();
const said = await fetch(url).then(
  ({ status }) => String(status),
  (thrown: Error) => (thrown.cause as { code?: string } | undefined)?.code ?? thrown.message,
);
process.stdout.write(said);
