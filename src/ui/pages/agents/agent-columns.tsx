import type { ReactNode } from "react";

import { formatBytes } from "../../../lib/bytes.ts";
import { pageNowMs } from "../../../lib/page-clock.ts";
import type { Refusal } from "../../calls/agent-acts.ts";
import type { Agent } from "../../calls/agents.ts";
import type { Column } from "../../parts/column.ts";
import { StatusBadge } from "../../parts/status-badge.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";
import { agentShown } from "../run-words.ts";
import { ShownBadge } from "../shown-badge.tsx";
import { shortSerial, shortVersion } from "./diagnoses.ts";

/** A certificate that ends within this time should have been renewed, ms. */
const SOON_MS = 14 * 86_400_000;

/** What is shown of agents. */
export function agentColumns(
  tenant: string,
  /** Absent until they come. */
  refusals: readonly Refusal[] | undefined,
): readonly Column<Agent>[] {
  return [
    {
      id: "agent",
      title: "Agent",
      cell: ({ agent_id: id, hostname }) => (
        <span className="cell-lines">
          <span className="name nowrap">{id}</span>
          <span className="sub">{hostname ?? "host not known"}</span>
        </span>
      ),
    },
    {
      id: "state",
      title: "State",
      cell: ({ state, last_seen_at: at }) => (
        <span className="cell-lines">
          <span>
            <ShownBadge of={agentShown(state)} />
          </span>
          {state !== "never_seen" && <span className="sub nowrap">{timeOr(at, "")}</span>}
        </span>
      ),
    },
    { id: "program", title: "Program", cell: (agent) => <Program agent={agent} /> },
    {
      id: "certificate",
      title: "Certificate",
      cell: (agent) => <Certificate agent={agent} tenant={tenant} />,
    },
    { id: "config", title: "Configuration", cell: (agent) => <Configuration agent={agent} /> },
    { id: "sources", title: "Sources", cell: (agent) => <Sources agent={agent} /> },
    {
      id: "refused",
      title: "Last refusal",
      cell: ({ agent_id: id }) => {
        if (refusals === undefined) return "–";
        const last = refusals.find(({ agent_id: agent }) => agent === id);
        if (last === undefined) return <span className="muted">none</span>;
        const { code, message, certificate_serial: serial } = last;
        return (
          <span className="cell-lines" title={message}>
            <span>{code}</span>
            <span className="sub">
              <TimeAgo at={last.last_at} />
            </span>
            {serial !== undefined && (
              <span className="sub nowrap" title={`Number of the refused certificate: ${serial}`}>
                cert <code>{shortSerial(serial)}</code>
              </span>
            )}
          </span>
        );
      },
    },
  ];
}

function timeOr(at: string | undefined, otherwise: string): ReactNode {
  return at === undefined ? otherwise : <TimeAgo at={at} />;
}

type OfAgent = { readonly agent: Agent };

/** Its version, and the memory that it has in use now. */
function Program({ agent: { version, state, status } }: OfAgent): ReactNode {
  if (version === undefined) return <span className="muted">–</span>;
  return (
    <span className="cell-lines">
      <span>{version}</span>
      {state === "online" && status?.rss_bytes !== undefined && (
        <span className="sub nowrap" title="Memory that its process has in use">
          {formatBytes(status.rss_bytes)}
        </span>
      )}
    </span>
  );
}

function Certificate({ agent, tenant }: OfAgent & { readonly tenant: string }): ReactNode {
  const { certificate_not_after: ends, certificate_issuer: issuer, partition } = agent;
  const isSoon = ends !== undefined && Date.parse(ends) - pageNowMs() < SOON_MS;
  return (
    <span className="cell-lines" title={issuer === undefined ? undefined : `issued by ${issuer}`}>
      <span>
        {isSoon ? (
          <StatusBadge tone="warn">ends {timeOr(ends, "")}</StatusBadge>
        ) : ends === undefined ? (
          "–"
        ) : (
          <>ends {timeOr(ends, "")}</>
        )}
      </span>
      <span className="sub">
        {tenant}, partition {partition}
      </span>
      {issuer !== undefined && <span className="sub">by {commonName(issuer)}</span>}
    </span>
  );
}

/** The common name of a distinguished name, which is what tells authorities apart. */
function commonName(distinguished: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(distinguished)?.[1] ?? distinguished;
}

function Configuration({ agent }: OfAgent): ReactNode {
  const { config_offered: offered, config_running: running, status } = agent;
  const { config_running_at: since } = agent;
  const isNewest = offered !== undefined && offered === running;
  if (offered === undefined && running === undefined) {
    return <span className="muted">none yet</span>;
  }
  const kept = status?.config_from === "disk" ? status.config_confirmed : undefined;
  return (
    <span
      className="cell-lines"
      title={`offered ${offered ?? "none"}, running ${running ?? "none"}`}
    >
      <span>
        <code>{shortVersion(running)}</code>
        {!isNewest && <> of {shortVersion(offered)}</>}
      </span>
      <span className="sub">
        {kept === undefined ? (
          <>
            {isNewest ? "as offered" : "not as offered"}
            {since !== undefined && (
              <>
                , <TimeAgo at={since} />
              </>
            )}
          </>
        ) : (
          <>
            from its disk, confirmed <TimeAgo at={kept} />
          </>
        )}
      </span>
    </span>
  );
}

function Sources({ agent }: OfAgent): ReactNode {
  const states = Object.entries(agent.status?.by_state ?? {}).filter(([, count]) => count > 0);
  if (states.length === 0) return <span className="muted">none</span>;
  return (
    <span className="cell-lines">
      {states.map(([state, count]) => (
        <span key={state} className="nowrap">
          {count} {state}
        </span>
      ))}
    </span>
  );
}
