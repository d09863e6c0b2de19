import { sourceContract } from "../contract/source.ts";
import { netboxHarness } from "./netbox-harness.ts";

/** The ones that differ in how a list is asked: `fields` from 4.0 on, MAC objects from 4.2, `start` from 4.6. */
for (const version of ["3.5", "4.2", "4.6"] as const) {
  sourceContract(`netbox ${version}`, (options) => netboxHarness(options, version));
}
