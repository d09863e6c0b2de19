import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";

import { useRefusal } from "../../calls/session.ts";
import { deleteSource, type Source } from "../../calls/sources.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { SelectField } from "../../parts/fields.tsx";
import { toast } from "../../parts/toast.ts";

type DeleteSourceProps = { readonly tenant: string; readonly source: Source };

/** Ends a source for good: its credentials are wiped, and one says what becomes of its records. */
export function DeleteSource({ tenant, source }: DeleteSourceProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [records, setRecords] = useState<"keep" | "retire">("keep");
  const refusal = useRefusal(tenant, "operator");
  const navigate = useNavigate();
  const remove = async (): Promise<void> => {
    const { records: became } = await deleteSource(tenant, source.name, records);
    toast(
      became === "held"
        ? `${source.name} is deleted. Its records are so many that retiring them waits in Review.`
        : `${source.name} is deleted.`,
    );
    await navigate({ to: "/t/$tenant/sources", params: { tenant } });
  };
  return (
    <>
      <Button kind="danger" onClick={() => setIsOpen(true)} refusal={refusal}>
        <Trash2 size={15} aria-hidden />
        Delete
      </Button>
      <ConfirmDialog
        title={`Delete ${source.name}?`}
        about="Its agent leaves it alone and its credentials are wiped. One made anew under this name is another source; source adopt gives it these records."
        act="Delete"
        typed={source.name}
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        onConfirm={remove}
      >
        <SelectField
          label="Its records"
          value={records}
          onChange={(chosen) => setRecords(chosen === "retire" ? "retire" : "keep")}
          options={[
            { value: "keep", label: "Keep them: devices stay as they are" },
            { value: "retire", label: "Retire them: devices that nothing else knows go" },
          ]}
        />
      </ConfirmDialog>
    </>
  );
}
