import type { ReactNode } from "react";

import type { Enrolment } from "../../calls/agent-acts.ts";
import { CopyLine } from "../../parts/copy-line.tsx";
import { TextField } from "../../parts/fields.tsx";
import { ExactTime } from "../../parts/time-ago.tsx";
import { enrolLine, offlineLines, SOME_CORE } from "./enrol-lines.ts";
import type { Again, WantedEnrolment } from "./enrol-wanted.ts";

type EnrolFieldsProps = {
  readonly wanted: WantedEnrolment;
  readonly onChange: (changed: Partial<WantedEnrolment>) => void;
  /** Whether there is such an agent already. */
  readonly isAgain: boolean;
  /** Whether the core that answers was started without a place to enrol at. */
  readonly isClosed: boolean;
};

/** Who the host is to be, and where it finds the core. */
export function EnrolFields({ wanted, onChange, isAgain, isClosed }: EnrolFieldsProps): ReactNode {
  const { agent, partition, gateway, coreUrl } = wanted;
  return (
    <>
      <div className="columns-2">
        <TextField
          label="Agent id"
          hint={
            isAgain
              ? "It is known: it gets a new key and certificate, and keeps its sources."
              : "A name for the host, such as dc1-agent."
          }
          value={agent}
          onChange={(text) => onChange({ agent: text })}
        />
        <TextField
          label="Partition"
          hint="Network whose addresses are its own."
          value={partition}
          onChange={(text) => onChange({ partition: text })}
        />
      </div>
      <div className="columns-2">
        <TextField
          label="Gateway, as the agent reaches it"
          hint="The core's --grpc-listen, over mutual TLS."
          value={gateway}
          onChange={(text) => onChange({ gateway: text })}
        />
        <TextField
          label="Address for enrolment"
          type="url"
          placeholder="https://core.example.com:50053"
          hint="The core's --enroll-listen; without that nobody can enrol."
          value={coreUrl}
          onChange={(text) => onChange({ coreUrl: text })}
        />
      </div>
      {isClosed && coreUrl.trim() === "" && (
        <p className="notice" data-tone="warn">
          This core lets nobody enrol: it was started without --enroll-listen. Start it with
          --enroll-listen HOST:50053, or write the address of a core of yours that has it.
        </p>
      )}
    </>
  );
}

type EnrolmentMadeProps = {
  readonly made: Enrolment;
  readonly tenant: string;
  readonly wanted: WantedEnrolment;
  readonly again: Again;
};

/** What is pasted on the host, this once, or what is done where no line leads to the core. */
export function EnrolmentMade({
  made,
  tenant,
  wanted: { partition, coreUrl },
  again,
}: EnrolmentMadeProps): ReactNode {
  return (
    <div className="stack" role="status">
      <p>
        Paste this on the host. The token is shown this once, is good for one key, and ends{" "}
        <ExactTime at={made.expires_at} />.
      </p>
      <CopyLine
        label="enrolment line"
        text={enrolLine({ token: made.token, coreUrl: coreUrl.trim(), again })}
      />
      {coreUrl.trim() === "" && (
        <p className="notice" data-tone="warn">
          Put the address of the core&apos;s --enroll-listen in place of {SOME_CORE}.
        </p>
      )}
      <details>
        <summary>No line leads from there to the core</summary>
        <div className="stack-s">
          <p className="muted small">
            Make the agent&apos;s files at the core, carry them to the host, and bring its runs back
            as a file. Credentials of its sources stand in sources.json in clear.
          </p>
          <CopyLine
            label="offline bundle lines"
            text={offlineLines({ agent: made.agent_id, tenant, partition, again })}
          />
        </div>
      </details>
    </div>
  );
}
