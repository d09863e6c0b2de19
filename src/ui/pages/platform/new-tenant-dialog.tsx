import { useState, type ReactNode } from "react";

import { changePeople } from "../../calls/people.ts";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { TextField } from "../../parts/fields.tsx";

type NewTenantDialogProps = { readonly isOpen: boolean; readonly onClose: () => void };

/** Makes a tenant; who makes it is its first admin. */
export function NewTenantDialog({ isOpen, onClose }: NewTenantDialogProps): ReactNode {
  const [slug, setSlug] = useState("");
  const [name, setName] = useState("");
  return (
    <ConfirmDialog
      title="Make a tenant"
      about="It has an inventory and a certificate authority of its own. A tenant is not removed here."
      act="Make"
      isChosen={slug.trim() !== ""}
      isOpen={isOpen}
      onClose={onClose}
      onConfirm={() =>
        changePeople({
          method: "POST",
          path: ["tenants"],
          body: { slug: slug.trim(), ...(name.trim() === "" ? {} : { name: name.trim() }) },
        })
      }
    >
      <TextField
        label="Slug"
        hint="Stands in addresses: lower case, digits and hyphens."
        value={slug}
        onChange={setSlug}
      />
      <TextField label="Name" value={name} onChange={setName} />
    </ConfirmDialog>
  );
}
