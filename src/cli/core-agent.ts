import { join, resolve } from "node:path";

import type { z } from "@hono/zod-openapi";

import type { agentSchema, certifiedAgentSchema, enrolmentSchema } from "../api/contract.ts";
import { AGENT_STATES } from "../control/agent-state.ts";
import { invariant } from "../lib/invariant.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { prepareFolder, writeFolder } from "./agent-folder.ts";
import { oneOf, optional, parsed, required, toggle, withDefault } from "./args.ts";
import { showDiagnostics } from "./core-agent-diagnostics.ts";
import { agentLines, agentList } from "./core-agent-text.ts";
import type { CoreContext } from "./core-context.ts";
import { LIST_FLAGS, showList } from "./core-list.ts";
import { tenantCommand, type TenantSession } from "./core-session.ts";
import { invocation, quoted } from "./invocation.ts";
import type { Command } from "./program.ts";
import { timeText } from "./wording.ts";

type Agent = z.infer<typeof agentSchema>;
type Certified = z.infer<typeof certifiedAgentSchema>;
type Enrolment = z.infer<typeof enrolmentSchema>;

const agentOperand = { agentId: required("AGENT", "id of the agent") };
const OUT = "--out";
const CN_FORMS = ["3", "4"] as const;
/** Where a core on this host listens unless told otherwise, for one that does not run now. */
const GATEWAY_HERE = "localhost:50052";

/** Addresses that lead nowhere else. */
const THIS_HOST = /^(?:localhost|127\.[\d.]+|\[::1\]):/;

/** agent list, get, create, revoke. */
export const AGENT_COMMANDS: readonly Command<CoreContext>[] = [
  tenantCommand({
    name: "agent list",
    summary: "Show a tenant's agents",
    flags: {
      state: oneOf(AGENT_STATES, "only those in this state"),
      attention: toggle("only those that do not work though they should"),
      ...LIST_FLAGS,
    },
    run: ({ state, attention, ...wanted }, session) =>
      showList(session, agentList(session, { state, attention: attention || undefined }), wanted),
  }),
  tenantCommand({
    name: "agent get",
    summary: "Show one agent",
    operands: agentOperand,
    run: async ({ agentId }, session) => {
      const path = session.path(["agents", agentId]);
      const agent = await session.ask<Agent>({ method: "GET", path });
      session.show(agent, () => agentLines(agent, session.context.clock.now()));
    },
  }),
  tenantCommand({
    name: "agent create",
    summary: "Certify an agent and write the folder that it starts from",
    flags: {
      agentId: required("ID", "letters, digits, dashes and underscores; no dots"),
      partition: withDefault("NAME", "its partition", "default"),
      gatewayAddr: parsed(
        "HOST:PORT",
        "where the agent reaches the gateway (default: serve's first --gateway-name, else this host)",
        hostAndPort,
      ),
      cnForm: oneOf(CN_FORMS, "labels of the common name; 3 for gateways of the newer original"),
      out: optional("DIR", "the folder to write (default: named as the agent)"),
      force: toggle("overwrite files in the folder"),
      renew: toggle("certify an agent that exists already"),
    },
    run: (values, session) => createAgent(values, session),
  }),
  tenantCommand({
    name: "agent diagnostics",
    summary: "Have an agent tell what helps to find a fault; no secret is in it",
    operands: agentOperand,
    flags: { out: optional("FILE", "where to (default: standard output)") },
    run: (values, session) => showDiagnostics(values, session),
  }),
  tenantCommand({
    name: "agent token",
    summary:
      "Make a one-time token by which a host enrols as an agent; its key never leaves the host",
    flags: {
      agentId: required("ID", "letters, digits, dashes and underscores; no dots"),
      partition: withDefault("NAME", "its partition", "default"),
      expiresIn: withDefault("DURATION", "how long the token holds", "24h"),
      gatewayAddr: parsed("HOST:PORT", "where the agent reaches the gateway", hostAndPort),
      coreUrl: optional(
        "URL",
        "where it enrols: https:// and the address of serve's --enroll-listen",
      ),
      cnForm: oneOf(CN_FORMS, "labels of the common name; 3 for gateways of the newer original"),
      renew: toggle("for an agent that exists already"),
    },
    run: (values, session) => makeToken(values, session),
  }),
  tenantCommand({
    name: "agent revoke",
    summary: "End an agent's identity, on open streams too",
    operands: agentOperand,
    run: async ({ agentId }, session) => {
      const path = session.path(["agents", agentId, "revoke"]);
      const agent = await session.ask<Agent>({ method: "POST", path });
      session.show(agent, () => [
        `Agent ${agent.agent_id} is revoked. Its certificates are refused from now on; its sources run no more.`,
        `To let it in again with a new one: ${session.commandLine(`agent create --agent-id ${agent.agent_id} --force`)}`,
      ]);
    },
  }),
];

function hostAndPort(text: string): Result<string> {
  if (/^(?:\[[0-9a-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/i.test(text)) return ok(text);
  return err(`"${text}" is not an address such as "gateway.example.net:50052"`);
}

type Wanted = {
  readonly agentId: string;
  readonly partition: string;
  readonly gatewayAddr: string | undefined;
  readonly cnForm: "3" | "4" | undefined;
  readonly out: string | undefined;
  readonly force: boolean;
  readonly renew: boolean;
};

async function createAgent(wanted: Wanted, session: TenantSession): Promise<void> {
  const dir = resolve(wanted.out ?? wanted.agentId);
  const undo = await prepareFolder(dir, { force: wanted.force, setting: OUT });
  const certified = await certify(wanted, session).catch(async (thrown: unknown) => {
    await undo();
    throw thrown;
  });
  const { agent, outcome, bundle } = certified;
  invariant(
    bundle.private_key_pem !== undefined,
    "without a signing request the core makes the key",
  );
  const gatewayAddress = wanted.gatewayAddr ?? bundle.gateway_addr ?? GATEWAY_HERE;
  const files = await writeFolder(dir, {
    setting: OUT,
    agentId: agent.agent_id,
    partition: agent.partition,
    gatewayAddress,
    serverName: bundle.server_name,
    rootPem: bundle.root_pem,
    chainPem: bundle.chain_pem,
    privateKeyPem: bundle.private_key_pem,
  });
  const agentProgram = invocation("serviceradar-agent", session.context.env);
  const start = `${agentProgram} run --config ${quoted(join(dir, "agent.json"))}`;
  // The key stays where it was written: it is in no output.
  const shown = { agent, outcome, files, start, gateway_addr: gatewayAddress };
  session.show(shown, () => [
    `Agent ${agent.agent_id} of tenant ${session.slug}, partition ${agent.partition}, is certified until ${timeText(agent.certificate_not_after)}.`,
    `${dir} holds all it needs and may be moved to its host; agent-key.pem is its private key, kept nowhere else.`,
    `It looks for the gateway on ${gatewayAddress} (gateway_addr in agent.json).`,
    `Give it sources: ${session.commandLine(`source apply FILE --agent ${agent.agent_id}`)}`,
    `Start it: ${start}`,
  ]);
  const isSaid = wanted.gatewayAddr !== undefined || session.isJson;
  if (isSaid || !THIS_HOST.test(gatewayAddress)) return;
  session.context.printError(
    `${gatewayAddress} is this very host: an agent on another one does not get there. For that one say --gateway-addr HOST:PORT; serve --gateway-name NAME says it for all.`,
  );
}

async function certify(
  { agentId, partition, cnForm, renew }: Wanted,
  session: TenantSession,
): Promise<Certified> {
  return await session.ask<Certified>({
    method: "POST",
    path: session.path(["agents"]),
    body: { agent_id: agentId, partition, cn_form: Number(cnForm ?? "4"), renew },
  });
}

type WantedToken = Omit<Wanted, "out" | "force"> & {
  readonly expiresIn: string;
  readonly coreUrl: string | undefined;
};

async function makeToken(wanted: WantedToken, session: TenantSession): Promise<void> {
  const { agentId, partition, cnForm, renew, expiresIn, gatewayAddr, coreUrl } = wanted;
  const made = await session.ask<Enrolment>({
    method: "POST",
    path: session.path(["enrolments"]),
    body: {
      agent_id: agentId,
      partition,
      cn_form: Number(cnForm ?? "4"),
      renew,
      expires_in: expiresIn,
      gateway_addr: gatewayAddr,
      core_url: coreUrl,
    },
  });
  session.show(made, () => {
    // The token alone goes to standard output, so that a script can keep it in a file.
    const until = timeText(made.expires_at);
    const where = coreUrl === undefined ? " --core-url https://CORE:PORT" : "";
    session.context.printError(
      `Token for agent ${agentId} of tenant ${session.slug}, good once, until ${until}. On its host: serviceradar-agent enroll --token-file FILE${where}`,
    );
    return [made.token];
  });
}
