/** What is pasted on a host to make it an agent. Pure. */
import type { Again } from "./enrol-wanted.ts";

/** Stands for what only the operator knows. */
export const SOME_CORE = "https://CORE:PORT";

type Line = {
  readonly token: string;
  /** What the token holds; without it the line has to say. */
  readonly coreUrl: string;
  /** The host of an agent that is known has its files already. */
  readonly again?: Again;
};

/** Enrols with a token that no other user of the host can read. */
export function enrolLine({ token, coreUrl, again = "no" }: Line): string {
  const where = coreUrl === "" ? ` --core-url ${SOME_CORE}` : "";
  const force = again === "no" ? "" : " --force";
  return `(umask 077 && printf %s '${token}' > enrol.token) && serviceradar-agent enroll --token-file enrol.token${where}${force} && rm enrol.token`;
}

type Offline = {
  readonly agent: string;
  readonly tenant: string;
  readonly partition: string;
  readonly again?: Again;
};

/** The same without a line to the core: files go there, a file of runs comes back (docs/agent.md). */
export function offlineLines({ agent, tenant, partition, again = "no" }: Offline): string {
  const of = `--agent-id ${agent} --tenant ${tenant}`;
  const options = { no: "", renewed: " --renew --force", reinstated: " --force" }[again];
  return [
    "# at the core",
    `serviceradar-core agent create ${of} --partition ${partition} --out ${agent}${options}`,
    `serviceradar-core agent config ${agent} --tenant ${tenant} --out sources.json`,
    "# on the host",
    `serviceradar-agent run --once --config ${agent}/agent.json --sources sources.json --out ${agent}.srb`,
    "# at the core",
    `serviceradar-core import ${agent}.srb --tenant ${tenant}`,
  ].join("\n");
}
