import { useState, type ReactNode } from "react";

import { makeEnrolment, type Enrolment } from "../../calls/agent-acts.ts";
import { Button } from "../../parts/button.tsx";
import { CopyLine } from "../../parts/copy-line.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { problemWords } from "../../parts/states.tsx";
import { ExactTime } from "../../parts/time-ago.tsx";
import { enrolLine, offlineLines } from "./enrol-lines.ts";

type EnrolDialogProps = {
  readonly tenant: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
};

/** Makes a host an agent: one line to paste there, or what to do where no line leads to the core. */
export function EnrolDialog({ tenant, isOpen, onClose }: EnrolDialogProps): ReactNode {
  const [agent, setAgent] = useState("");
  const [partition, setPartition] = useState("default");
  const [made, setMade] = useState<Enrolment | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const close = (): void => {
    setMade(undefined);
    setError(undefined);
    setAgent("");
    onClose();
  };
  const make = async (): Promise<void> => {
    try {
      setMade(await makeEnrolment(tenant, { agent_id: agent.trim(), partition: partition.trim() }));
      setError(undefined);
    } catch (thrown) {
      setError(thrown);
    }
  };
  return (
    <Dialog
      title={made === undefined ? "Enrol an agent" : `Enrol ${made.agent_id}`}
      about="A program in your network that pulls the sources. The host makes its key itself."
      isWide
      isOpen={isOpen}
      onClose={close}
      foot={
        made === undefined ? (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="primary" disabled={agent.trim() === ""} onClick={() => void make()}>
              Make the line
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={close}>
            Done
          </Button>
        )
      }
    >
      {made === undefined ? (
        <>
          <div className="columns-2">
            <TextField
              label="Agent id"
              hint="A name for the host, such as dc1-agent."
              value={agent}
              onChange={setAgent}
            />
            <TextField
              label="Partition"
              hint="Network whose addresses are its own."
              value={partition}
              onChange={setPartition}
            />
          </div>
          {error !== undefined && (
            <p className="notice" data-tone="bad" role="alert">
              {problemWords(error)}
            </p>
          )}
        </>
      ) : (
        <Made made={made} tenant={tenant} partition={partition} />
      )}
    </Dialog>
  );
}

type MadeProps = {
  readonly made: Enrolment;
  readonly tenant: string;
  readonly partition: string;
};

function Made({ made, tenant, partition }: MadeProps): ReactNode {
  return (
    <div className="stack">
      <p>
        Paste this on the host. The token is shown this once, is good for one key, and ends{" "}
        <ExactTime at={made.expires_at} />.
      </p>
      <CopyLine label="enrolment line" text={enrolLine(made.token)} />
      <details>
        <summary>No line leads from there to the core</summary>
        <div className="stack-s">
          <p className="muted small">
            Make the agent&apos;s files at the core, carry them to the host, and bring its runs back
            as a file. Credentials of its sources stand in sources.json in clear.
          </p>
          <CopyLine
            label="offline bundle lines"
            text={offlineLines({ agent: made.agent_id, tenant, partition })}
          />
        </div>
      </details>
    </div>
  );
}
