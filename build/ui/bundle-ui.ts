/** The web page, built: what a browser asks for, by path, and the packages that are in it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { build, type BuildOptions, type Metafile, type OutputFile } from "esbuild";

import { ROOT } from "../process/command-of.ts";
import { withoutStyleElements } from "./without-style-elements.ts";

/** A file of the page. */
export interface UiFile {
  /** "/assets/main-4QX3VJ7A.js" */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The page's files, and where they come from. */
export interface UiBundle {
  readonly files: readonly UiFile[];
  /** Files that some of it came from, from the checkout's root. */
  readonly inputs: readonly string[];
  /** What a browser loads before it shows anything, by path. */
  readonly first: readonly string[];
}

const ENTRY = "src/ui/main.tsx";
/** Sets the theme before anything is drawn, so it is a script of its own that blocks. */
const THEME = "src/ui/shell/first-theme.ts";
/** Browsers of the last two years: top-level await, private members, `:has()`, nested CSS. */
const BROWSERS = ["chrome120", "firefox121", "safari17"];

/**
 * Builds the page. Names carry a hash of the content, so that a browser may keep a file for ever; the same sources and
 * lockfile give the same bytes from any checkout. Throws with esbuild's messages.
 */
export async function bundleUi(root: string = ROOT): Promise<UiBundle> {
  const common = commonOf(root);
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: { main: ENTRY },
    splitting: true,
    format: "esm",
    chunkNames: "part-[hash]",
    jsx: "automatic",
    plugins: [withoutStyleElements],
  });
  const theme = await build({ ...common, entryPoints: { theme: THEME }, format: "iife" });
  const built = [...outputFiles, ...theme.outputFiles];
  const byName = new Map(built.map((file) => [pathOf(file), file]));
  const template = await readFile(join(root, "src/ui/index.html"), "utf8");
  const names = namesOf(byName);
  const html = template
    .replace("%STYLE%", names.style)
    .replace("%THEME%", names.theme)
    .replace("%MAIN%", names.main);
  const icon = await readFile(join(root, "src/ui/icon.svg"));
  const files = [...byName].map(([path, { contents }]) => ({ path, bytes: contents }));
  return {
    files: [
      { path: "/index.html", bytes: Buffer.from(html) },
      { path: "/icon.svg", bytes: icon },
      ...files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    ],
    inputs: inputsOf(metafile),
    first: [names.style, names.theme, ...reachable(metafile, names.main)],
  };
}

/** What both builds have in common. */
function commonOf(root: string) {
  return {
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: "browser",
    target: BROWSERS,
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    outdir: "/assets",
    entryNames: "[name]-[hash]",
    legalComments: "none",
    logLevel: "warning",
  } as const satisfies BuildOptions;
}

type Names = { readonly style: string; readonly theme: string; readonly main: string };

function namesOf(files: ReadonlyMap<string, OutputFile>): Names {
  const one = (pattern: RegExp): string => {
    const found = [...files.keys()].filter((path) => pattern.test(path));
    if (found.length === 1 && found[0] !== undefined) return found[0];
    throw new Error(`the page's build has ${found.length} files like ${pattern}`);
  };
  return {
    style: one(/^\/assets\/main-\w+\.css$/),
    theme: one(/^\/assets\/theme-\w+\.js$/),
    main: one(/^\/assets\/main-\w+\.js$/),
  };
}

function pathOf({ path }: OutputFile): string {
  return path.slice(path.lastIndexOf("/assets/")).replaceAll("\\", "/");
}

/** Output files that an entry imports at once, itself first: what is loaded before the first page is drawn. */
function reachable({ outputs }: Metafile, entry: string): readonly string[] {
  const known = new Map(
    Object.entries(outputs).map(([path, output]) => [
      path.slice(path.lastIndexOf("assets/") - 1).replace(/^[^/]/, "/"),
      output,
    ]),
  );
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of known.get(path)?.imports ?? []) {
      if (kind === "import-statement") visit(`/${next.slice(next.lastIndexOf("assets/"))}`);
    }
  };
  visit(entry);
  return [...seen];
}

function inputsOf({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap(({ inputs: of }) =>
    Object.entries(of).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 && !path.includes(":") ? [path] : [],
    ),
  );
  return [...new Set(inputs)].toSorted();
}
