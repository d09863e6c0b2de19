import { MIGRATIONS } from "../db/migrations.gen.ts";
import type { About } from "./about.ts";

/** What the core says of itself. */
export const CORE_ABOUT: About = {
  name: "serviceradar-core",
  summary: "one device inventory out of what many systems say",
  schema: MIGRATIONS.at(-1)?.name ?? "",
};
