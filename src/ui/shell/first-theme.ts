/** Runs before anything is drawn, so that no page flashes in the other theme. */
import { applyLooks } from "./looks.ts";

applyLooks();
