/** docs/commands-and-routes.md as it is read by the test that holds the commands and the API to it. */
import { flagName, type Arguments } from "../../src/cli/args.ts";
import type { Described } from "../../src/cli/usage.ts";
import { codeOf, readDocument, sectionOf, tableOf } from "./markdown.ts";

/** One row: a command, the routes that it asks ("GET /api/v1/tenants/{tenant}/runs"), and what of its arguments is not by name. */
export interface CommandRow {
  readonly routes: readonly string[];
  /** "--agent" or "FILE" to "agent_id"; "body" is all of it. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Arguments that reach no route, which the row gives a reason for. */
  readonly alone: ReadonlySet<string>;
}

/** What the page says. */
export interface RouteTable {
  readonly commands: ReadonlyMap<string, CommandRow>;
  readonly withoutRoute: ReadonlySet<string>;
  /** Of all commands: flags that reach no route. */
  readonly alone: ReadonlySet<string>;
  readonly withoutCommand: readonly string[];
  /** "GET /api/v1/… member" */
  readonly unset: ReadonlySet<string>;
}

const DOCUMENT = "docs/commands-and-routes.md";

/** Reads the page. Throws where a part of a row is not of the form that the page explains. */
export function readRouteTable(): RouteTable {
  const text = readDocument(DOCUMENT);
  const rows = (heading: string) => tableOf(sectionOf(text, `## ${heading}`));
  return {
    commands: new Map(rows("Commands").map(([name = "", ...cells]) => [name, commandRow(cells)])),
    withoutRoute: new Set(rows("Commands without a route").map(([name = ""]) => name)),
    alone: new Set(
      rows("Arguments of the command line alone").flatMap(([names = ""]) => words(names)),
    ),
    withoutCommand: rows("Routes without a command").flatMap(([routes = ""]) =>
      words(routes).map(wholeRoute),
    ),
    unset: new Set(
      rows("Members that no argument sets").flatMap(([route = "", members = ""]) =>
        words(members).map((member) => `${wholeRoute(route)} ${member}`),
      ),
    ),
  };
}

/** What an argument is called in usage: "--expires-in", or the operand's word. */
export function titleOf({ operands }: Described, name: string): string {
  const operand = operands[name];
  return operand === undefined ? flagName(name) : (operand.placeholder ?? name);
}

/** The member that an argument goes into, "body" for all of it; undefined where it reaches no route. */
export function memberOf(
  row: CommandRow,
  { alone }: RouteTable,
  { title, name }: { readonly title: string; readonly name: string },
): string | undefined {
  if (row.alone.has(title) || alone.has(title)) return undefined;
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return row.renamed.get(title) ?? snake;
}

/** Names of a command's arguments. */
export function argumentsOf({ operands, flags }: Described): Arguments {
  return { ...operands, ...flags };
}

function commandRow([routes = "", said = ""]: readonly string[]): CommandRow {
  const renamed = new Map<string, string>();
  const alone = new Set<string>();
  for (const part of said === "" ? [] : said.split("; ")) {
    const [, title = "", rest = ""] = /^`([^`]+)` is (.+)$/.exec(part) ?? [];
    if (rest !== "") renamed.set(title, rest === "the body" ? "body" : (codeOf(rest)[0] ?? ""));
    else if (/^(?:`[^`]+`(?:, )?)+: ./.test(part)) {
      for (const name of codeOf(part.slice(0, part.indexOf(": ")))) alone.add(name);
    } else throw new Error(`${DOCUMENT}: "${part}" says neither what it is nor why not`);
  }
  return { routes: words(routes).map(wholeRoute), renamed, alone };
}

/** A cell that is all code comes without its marks. */
function words(cell: string): readonly string[] {
  return cell.includes("`") ? codeOf(cell) : [cell].filter((word) => word !== "");
}

function wholeRoute(route: string): string {
  return route.replace("…", "/api/v1/tenants/{tenant}");
}
