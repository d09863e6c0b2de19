import { useState, type ReactNode } from "react";

import { endWaiting } from "../../calls/review.ts";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { toast } from "../../parts/toast.ts";
import { ActDialog } from "../device/act-dialog.tsx";
import type { ReviewAct } from "./review-items.ts";

type ReviewDialogProps = {
  readonly tenant: string;
  readonly title: string;
  readonly asked: ReviewAct;
  readonly onClose: () => void;
  /** After a decision that can be taken back by its number. */
  readonly onDecided: (assertionNo: number | undefined) => void;
};

/** Asks before a case is ended: with what would change, or with a word to be typed. */
export function ReviewDialog({
  tenant,
  title,
  asked,
  onClose,
  onDecided,
}: ReviewDialogProps): ReactNode {
  if (asked.kind === "decide") {
    return (
      <ActDialog
        tenant={tenant}
        title={title}
        about={asked.about}
        verb={asked.verb}
        act={asked.act}
        isOpen
        onClose={onClose}
        onDone={onDecided}
      />
    );
  }
  return <EndDialog tenant={tenant} title={title} asked={asked} onClose={onClose} />;
}

type EndDialogProps = Omit<ReviewDialogProps, "asked" | "onDecided"> & {
  readonly asked: Extract<ReviewAct, { readonly kind: "end" }>;
};

function EndDialog({ tenant, title, asked, onClose }: EndDialogProps): ReactNode {
  const { verb, about, path, takesReason, typed } = asked;
  const [reason, setReason] = useState("");
  const confirm = async (): Promise<void> => {
    await endWaiting(tenant, path, takesReason ? { reason } : undefined);
    toast(`${verb}: done.`);
  };
  return (
    <ConfirmDialog
      title={title}
      about={about}
      act={verb}
      typed={typed}
      isOpen
      onClose={onClose}
      onConfirm={confirm}
    >
      {takesReason && (
        <TextField label="Reason" value={reason} onChange={setReason} maxLength={500} />
      )}
    </ConfirmDialog>
  );
}
