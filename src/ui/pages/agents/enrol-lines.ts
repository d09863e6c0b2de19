/** What is pasted on a host to make it an agent. Pure. */

/** Stands for what only the operator knows. */
const SOME_CORE = "https://CORE:PORT";

/** Enrols with a token that no other user of the host can read. `coreUrl`: what the token holds; without it the line has to say. */
export function enrolLine({
  token,
  coreUrl,
}: {
  readonly token: string;
  readonly coreUrl: string;
}): string {
  const where = coreUrl === "" ? ` --core-url ${SOME_CORE}` : "";
  return `(umask 077 && printf %s '${token}' > enrol.token) && serviceradar-agent enroll --token-file enrol.token${where} && rm enrol.token`;
}

type Offline = { readonly agent: string; readonly tenant: string; readonly partition: string };

/** The same without a line to the core: files go there, a file of runs comes back (docs/agent.md). */
export function offlineLines({ agent, tenant, partition }: Offline): string {
  const of = `--agent-id ${agent} --tenant ${tenant}`;
  return [
    "# at the core",
    `serviceradar-core agent create ${of} --partition ${partition} --out ${agent}`,
    `serviceradar-core agent config ${agent} --tenant ${tenant} --out sources.json`,
    "# on the host",
    `serviceradar-agent run --once --config ${agent}/agent.json --sources sources.json --out ${agent}.srb`,
    "# at the core",
    `serviceradar-core import ${agent}.srb --tenant ${tenant}`,
  ].join("\n");
}
