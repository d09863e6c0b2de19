/**
 * `npm run package [-- --target linux-x64 --component agent]`: single executables in dist/, by default both of this host's platform;
 * `--target all` makes every one. Builds on linux-x64 from what the npm registry has, and nothing else.
 */
import { parseArgs } from "node:util";

import { buildExecutable, DIST } from "./build-executable.ts";
import { BUILD_HOST } from "./pack.ts";
import { TARGETS, type Component } from "./targets.ts";

const COMPONENTS: readonly Component[] = ["agent", "core"];
const MEGABYTE = 1e6;

const { values } = parseArgs({
  options: {
    target: { type: "string", default: BUILD_HOST },
    component: { type: "string" },
    out: { type: "string", default: DIST },
  },
});
const components = COMPONENTS.filter(
  (name) => values.component === undefined || name === values.component,
);
const targets = TARGETS.filter(({ name }) => values.target === "all" || name === values.target);
if (`${process.platform}-${process.arch}` !== BUILD_HOST) {
  end(`executables are built on ${BUILD_HOST}`);
}
if (components.length === 0) {
  end(`--component ${values.component} is none of ${COMPONENTS.join(", ")}`);
}
if (targets.length === 0) {
  end(`--target ${values.target} is none of ${TARGETS.map(({ name }) => name).join(", ")}, all`);
}
for (const target of targets) {
  for (const component of components.filter((name) => target.components.includes(name))) {
    const { path, bytes } = await buildExecutable(component, target, values.out);
    process.stdout.write(`${path} ${(bytes / MEGABYTE).toFixed(1)} MB\n`);
  }
}

function end(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}
