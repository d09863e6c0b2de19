import { useQuery } from "@tanstack/react-query";
import { Building2, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";

import { changePeople, tenantsQuery } from "../../calls/people.ts";
import { sessionQuery } from "../../calls/session.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmDialog } from "../../parts/confirm-dialog.tsx";
import { TextField } from "../../parts/fields.tsx";
import { PageHeader } from "../../parts/page-header.tsx";
import { Panel } from "../../parts/panel.tsx";
import { EmptyState, Loaded } from "../../parts/states.tsx";
import { Table } from "../../parts/table.tsx";
import { TimeAgo } from "../../parts/time-ago.tsx";

/** Tenants: all for the platform's administrator, else one's own. */
export function TenantsPage(): ReactNode {
  const query = useQuery(tenantsQuery);
  const { data: session } = useQuery(sessionQuery);
  const [isMaking, setIsMaking] = useState(false);
  const may = session?.user.is_platform_admin === true;
  return (
    <>
      <PageHeader
        title="Tenants"
        about="Whose inventories this core keeps, each apart from the others."
        acts={
          <Button
            kind="primary"
            refusal={may ? undefined : "This needs the platform's administrator."}
            onClick={() => setIsMaking(true)}
          >
            <Plus size={15} aria-hidden />
            Make a tenant
          </Button>
        }
      />
      <Panel padded={false}>
        <Loaded query={query}>
          {(tenants) =>
            tenants.length === 0 ? (
              <EmptyState icon={Building2} title="No tenants yet" />
            ) : (
              <Table
                caption="Tenants"
                columns={[
                  {
                    id: "slug",
                    title: "Slug",
                    cell: ({ slug }) => <span className="name">{slug}</span>,
                  },
                  { id: "name", title: "Name", cell: ({ name }) => name },
                  {
                    id: "made",
                    title: "Made",
                    cell: ({ created_at: at }) => <TimeAgo at={at} />,
                  },
                ]}
                rows={tenants}
                rowKey={({ slug }) => slug}
              />
            )
          }
        </Loaded>
      </Panel>
      <NewTenantDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
    </>
  );
}

type NewTenantDialogProps = { readonly isOpen: boolean; readonly onClose: () => void };

function NewTenantDialog({ isOpen, onClose }: NewTenantDialogProps): ReactNode {
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
