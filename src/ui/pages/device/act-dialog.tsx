import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";

import { doAct, rehearseAct, revokeAct, type DecisionAct } from "../../calls/device-acts.ts";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { Loaded } from "../../parts/states.tsx";
import { toast } from "../../parts/toast.ts";
import { outcomeWords } from "./outcome-words.ts";

type ActDialogProps = {
  readonly tenant: string;
  readonly title: string;
  readonly about: ReactNode;
  /** On the button. */
  readonly verb: string;
  /** What is to be done; undefined while it is not chosen yet. */
  readonly act: DecisionAct | undefined;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** With the number of the decision that was made. */
  readonly onDone?: (assertionNo: number | undefined) => void;
  /** What is chosen before. */
  readonly children?: ReactNode;
};

/** An act on devices: what it would change stands there before it is done, and it can be taken back. */
export function ActDialog(props: ActDialogProps): ReactNode {
  const { tenant, title, about, verb, act, isOpen, onClose, onDone, children } = props;
  const [reason, setReason] = useState("");
  const confirm = async (): Promise<void> => {
    if (act === undefined) throw new Error("Choose first what is to be done.");
    const { made, revoked } = await doAct(tenant, act, reason);
    const no = made[0]?.assertion_no ?? revoked[0]?.assertion_no;
    toast(`${verb}: done${no === undefined ? "" : `, decision ${no}`}.`);
    onDone?.(made[0]?.assertion_no);
  };
  return (
    <ConfirmDialog
      title={title}
      about={about}
      act={verb}
      isChosen={act !== undefined}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={confirm}
    >
      {children}
      {act !== undefined && <Preview tenant={tenant} act={act} />}
      <TextField
        label="Reason"
        hint="Kept with the decision and in the audit log."
        value={reason}
        onChange={setReason}
        maxLength={500}
      />
    </ConfirmDialog>
  );
}

function Preview({
  tenant,
  act,
}: {
  readonly tenant: string;
  readonly act: DecisionAct;
}): ReactNode {
  const query = useQuery({
    // Apart from what is asked for anew after an act: done twice, it would be refused.
    queryKey: ["rehearsed", tenant, act],
    queryFn: () => rehearseAct(tenant, act),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  return (
    <section className="preview" aria-label="What would change" aria-live="polite">
      <h3>What would change</h3>
      <Loaded query={query} lines={2}>
        {(outcome) => (
          <ul>
            {outcomeWords(outcome).map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}

type RevokeDialogProps = {
  readonly tenant: string;
  readonly assertionNo: number | undefined;
  readonly onClose: () => void;
  readonly onDone?: () => void;
};

/** Takes a decision back. */
export function RevokeDialog({
  tenant,
  assertionNo,
  onClose,
  onDone,
}: RevokeDialogProps): ReactNode {
  return (
    <ActDialog
      key={assertionNo}
      tenant={tenant}
      title={`Take decision ${assertionNo ?? ""} back`}
      about="Devices become what they are without it. The decision can be made again."
      verb="Take back"
      act={assertionNo === undefined ? undefined : revokeAct(assertionNo)}
      isOpen={assertionNo !== undefined}
      onClose={onClose}
      onDone={() => onDone?.()}
    />
  );
}
