/** The child of pack.ts: gives one order to pkg's own function for single executables, since its command line takes no flags of Node. */
import { createRequire } from "node:module";

import type { PackOrder } from "./pack.ts";

type Sea = (
  entry: string,
  options: {
    readonly signature: boolean;
    readonly seaConfig: object;
    readonly targets: readonly object[];
  },
) => Promise<void>;

const order = JSON.parse(process.argv[2] ?? "") as PackOrder;
const { entry, seaConfig, ...target } = order;
const load = createRequire(import.meta.url);
const { default: sea } = load("@yao-pkg/pkg/lib-es5/sea.js") as { default: Sea };
// We sign ourselves: pkg calls a program that only macOS has.
await sea(entry, { signature: false, seaConfig, targets: [target] });
