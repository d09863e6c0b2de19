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

/** What the fields hold. */
type Wanted = { readonly agent: string; readonly partition: string; readonly coreUrl: string };
const NOTHING: Wanted = { agent: "", partition: "default", coreUrl: "" };

/** Makes a host an agent: one line to paste there, or what to do where no line leads to the core. */
export function EnrolDialog({ tenant, isOpen, onClose }: EnrolDialogProps): ReactNode {
  const [wanted, setWanted] = useState(NOTHING);
  const [made, setMade] = useState<Enrolment | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const close = (): void => {
    setMade(undefined);
    setError(undefined);
    setWanted(NOTHING);
    onClose();
  };
  const make = async (): Promise<void> => {
    try {
      setMade(await makeEnrolment(tenant, bodyOf(wanted)));
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
            <Button
              kind="primary"
              disabled={wanted.agent.trim() === ""}
              onClick={() => void make()}
            >
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
          <WantedFields wanted={wanted} onChange={setWanted} />
          {error !== undefined && (
            <p className="notice" data-tone="bad" role="alert">
              {problemWords(error)}
            </p>
          )}
        </>
      ) : (
        <Made made={made} tenant={tenant} wanted={wanted} />
      )}
    </Dialog>
  );
}

function bodyOf({ agent, partition, coreUrl }: Wanted): Parameters<typeof makeEnrolment>[1] {
  const where = coreUrl.trim() === "" ? {} : { core_url: coreUrl.trim() };
  return { agent_id: agent.trim(), partition: partition.trim(), ...where };
}

type WantedFieldsProps = { readonly wanted: Wanted; readonly onChange: (wanted: Wanted) => void };

function WantedFields({ wanted, onChange }: WantedFieldsProps): ReactNode {
  const { agent, partition, coreUrl } = wanted;
  return (
    <>
      <div className="columns-2">
        <TextField
          label="Agent id"
          hint="A name for the host, such as dc1-agent."
          value={agent}
          onChange={(text) => onChange({ ...wanted, agent: text })}
        />
        <TextField
          label="Partition"
          hint="Network whose addresses are its own."
          value={partition}
          onChange={(text) => onChange({ ...wanted, partition: text })}
        />
      </div>
      <TextField
        label="Address for enrolment"
        type="url"
        placeholder="https://core.example.com:50053"
        hint="Where the core listens by --enroll-listen; without that nobody can enrol."
        value={coreUrl}
        onChange={(text) => onChange({ ...wanted, coreUrl: text })}
      />
    </>
  );
}

type MadeProps = { readonly made: Enrolment; readonly tenant: string; readonly wanted: Wanted };

function Made({ made, tenant, wanted: { partition, coreUrl } }: MadeProps): ReactNode {
  return (
    <div className="stack">
      <p>
        Paste this on the host. The token is shown this once, is good for one key, and ends{" "}
        <ExactTime at={made.expires_at} />.
      </p>
      <CopyLine
        label="enrolment line"
        text={enrolLine({ token: made.token, coreUrl: coreUrl.trim() })}
      />
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
