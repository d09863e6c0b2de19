/** Tables of our own documents, for tests that hold them to the code. */
import { readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);

/** A document of this repository, by its path from the root. */
export function readDocument(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** What stands under a heading ("## Environment"), up to the next one that is not below it. */
export function sectionOf(text: string, heading: string): string {
  const lines = text.split("\n");
  const from = lines.indexOf(heading);
  if (from < 0) throw new Error(`no heading "${heading}"`);
  const level = heading.indexOf(" ");
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.indexOf(" ") <= level);
  return rest.slice(0, end < 0 ? undefined : end).join("\n");
}

/** The cells of a section's first table, by row, without its head; a cell that is all code without its marks. */
export function tableOf(section: string): readonly (readonly string[])[] {
  const lines = section.split("\n");
  const head = lines.findIndex((line) => line.startsWith("|"));
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? undefined : end).map(cellsOf);
}

/** Everything in a text that is marked as code within a line. */
export function codeOf(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** Whether a mention, such as "`test/db/tx.test.ts` work that throws", is of a test in that file whose name has these words. */
export function isTest(mention: string): boolean {
  const [, path = "", words = ""] = /^`(test\/[^`]+)` (.+)$/.exec(mention) ?? [];
  if (path === "") return false;
  const titles = readDocument(path).matchAll(/\b(?:test|it)\(\s*(["`])(.*?)\1,/gs);
  return [...titles].some(([, , title = ""]) => title.includes(words));
}

function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\|\s*|\s*\|$/g, "")
    .split(/\s*(?<!\\)\|\s*/)
    .map((cell) => /^`([^`]*)`$/.exec(cell)?.[1] ?? cell);
}
