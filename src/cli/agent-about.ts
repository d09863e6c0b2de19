import type { About } from "./about.ts";

/** What the agent says of itself. */
export const AGENT_ABOUT: About = {
  name: "serviceradar-agent",
  summary: "device inventory of external systems, pulled and streamed to a gateway",
};
